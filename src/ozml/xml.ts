/**
 * xml: a small strict reader of XML 1.0 text into a tree. What could surprise is refused: document types (and with them every entity but
 * the five, and so the expansion of entities), what is not well-formed, and more of anything than the limits allow. Knows no OzML.
 */

export type XmlElement = Readonly<{
  name: string;
  attributes: readonly (readonly [name: string, value: string])[];
  children: readonly XmlElement[];
  /** All character data directly in it, as written. */
  text: string;
}>;

export type XmlLimits = Readonly<{ characters: number; depth: number; elements: number; attributes: number }>;

export class XmlFault extends Error {
  constructor(message: string, at: number) {
    super(`${message} at character ${at}`);
    this.name = 'XmlFault';
  }
}

/** @throws XmlFault */
export function readXml(text: string, limits: XmlLimits): XmlElement {
  // What scripts on web servers print often begins with an empty line; XML 1.0 §2.8 would have none.
  return new Reader(text.replace(/^\ufeff/, '').trimStart(), limits).document();
}

type Open = { name: string; attributes: XmlElement['attributes']; children: XmlElement[]; text: string };

const NAME = /[A-Za-z_:\u00c0-\u{10ffff}][A-Za-z0-9_:.\u00b7-\u{10ffff}-]*/uy;
const SPACE = /[ \t\r\n]*/y;
const TEXT = /[^<&]+/y;
const VALUE = /"([^<"]*)"|'([^<']*)'/y;
const REFERENCE = /&[#A-Za-z0-9]{1,9};/y;
const WHOLE_REFERENCE = /^&(?:#([0-9]{1,7})|#x([0-9A-Fa-f]{1,6})|([A-Za-z]{1,8}));$/;
// XML 1.0 §2.2: no control characters, no lone surrogates, not even by number.
const NO_CHARACTER = /[^\t\n\r\u{20}-\u{d7ff}\u{e000}-\u{fffd}\u{10000}-\u{10ffff}]/u;
const ENTITIES: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };

class Reader {
  readonly #text: string;
  readonly #limits: XmlLimits;
  readonly #open: Open[] = [];
  #at = 0;
  #elements = 0;
  #root: XmlElement | undefined;

  constructor(text: string, limits: XmlLimits) {
    this.#text = text;
    this.#limits = limits;
    if (text.length > limits.characters) throw new XmlFault(`more than ${limits.characters} characters`, 0);
    const strange = text.search(NO_CHARACTER);
    if (strange >= 0) throw new XmlFault('a character that XML does not have', strange);
  }

  document(): XmlElement {
    if (/^<\?xml[ \t\r\n]/.test(this.#text)) this.#skipTo('?>', 'the declaration');
    while (this.#at < this.#text.length) this.#next();
    const unclosed = this.#open.at(-1);
    if (unclosed !== undefined) this.#fault(`<${unclosed.name}> is not closed`);
    return this.#root ?? this.#fault('no element');
  }

  #next(): void {
    if (this.#comes('<!--')) return this.#comment();
    if (this.#comes('<![CDATA[')) return this.#cdata();
    if (this.#comes('<!')) this.#fault('document types are not read');
    if (this.#comes('<?xml')) this.#fault('a declaration that is not at the beginning');
    if (this.#comes('<?')) return this.#skipTo('?>', 'a processing instruction');
    if (this.#comes('</')) return this.#endTag();
    if (this.#comes('<')) return this.#startTag();
    this.#addText(this.#comes('&') ? this.#reference() : (this.#take(TEXT)?.[0] ?? this.#fault('text that cannot be read')));
  }

  #startTag(): void {
    if (this.#root !== undefined) this.#fault('more than one root element');
    if (++this.#elements > this.#limits.elements) this.#fault(`more than ${this.#limits.elements} elements`);
    if (this.#open.length >= this.#limits.depth) this.#fault(`deeper than ${this.#limits.depth} elements`);
    this.#at += 1;
    const element: Open = { name: this.#name(), attributes: this.#attributes(), children: [], text: '' };
    const empty = this.#comes('/>');
    if (!empty && !this.#comes('>')) this.#fault(`<${element.name}> is not well-formed`);
    this.#at += empty ? 2 : 1;
    if (empty) this.#close(element);
    else this.#open.push(element);
  }

  #attributes(): XmlElement['attributes'] {
    const found: (readonly [string, string])[] = [];
    for (;;) {
      const space = this.#take(SPACE)?.[0] ?? '';
      if (this.#comes('/>') || this.#comes('>')) return found;
      if (space === '') this.#fault('white space is missing before an attribute');
      if (found.length >= this.#limits.attributes) this.#fault(`more than ${this.#limits.attributes} attributes`);
      const name = this.#name();
      this.#take(SPACE);
      if (!this.#comes('=')) this.#fault(`attribute ${name} has no value`);
      this.#at += 1;
      this.#take(SPACE);
      // XML 1.0 §3.1: no attribute twice.
      if (found.some(([other]) => other === name)) this.#fault(`attribute ${name} twice`);
      found.push([name, this.#value()]);
    }
  }

  #value(): string {
    const [, double, single] = this.#take(VALUE) ?? this.#fault('a value without quotes');
    // XML 1.0 §3.3.3: line ends and tabs in a value are spaces.
    const written = (double ?? single ?? '').replace(/\r\n|[\t\r\n]/g, ' ');
    return written.replace(/&[^&;]{0,9};?/g, (reference) => this.#decode(reference));
  }

  #endTag(): void {
    this.#at += 2;
    const name = this.#name();
    this.#take(SPACE);
    if (!this.#comes('>')) this.#fault(`</${name} is not well-formed`);
    const element = this.#open.pop();
    if (element?.name !== name) this.#fault(`</${name}> closes nothing`);
    this.#at += 1;
    this.#close(element);
  }

  #close(element: Open): void {
    const parent = this.#open.at(-1);
    if (parent === undefined) this.#root = element;
    else parent.children.push(element);
  }

  #reference(): string {
    const found = this.#take(REFERENCE) ?? this.#fault('& that begins nothing');
    return this.#decode(found[0]);
  }

  /** XML 1.0 §4.1, §4.6. */
  #decode(reference: string): string {
    const [, decimal, hex, name] = WHOLE_REFERENCE.exec(reference) ?? this.#fault('& that begins nothing');
    if (name !== undefined) return ENTITIES[name] ?? this.#fault(`entity ${name}, which is not one of the five`);
    const point = decimal === undefined ? parseInt(hex ?? '', 16) : Number(decimal);
    const character = point <= 0x10ffff ? String.fromCodePoint(point) : '\0';
    return NO_CHARACTER.test(character) ? this.#fault('the number of no character') : character;
  }

  #cdata(): void {
    const start = this.#at + '<![CDATA['.length;
    this.#skipTo(']]>', 'CDATA');
    this.#addText(this.#text.slice(start, this.#at - ']]>'.length));
  }

  #comment(): void {
    this.#at += '<!--'.length;
    this.#skipTo('-->', 'a comment');
  }

  #addText(text: string): void {
    const element = this.#open.at(-1);
    if (element !== undefined) element.text += text;
    else if (text.trim() !== '') this.#fault('text outside of the root element');
  }

  #name(): string {
    return this.#take(NAME)?.[0] ?? this.#fault('a name is missing');
  }

  #comes(text: string): boolean {
    return this.#text.startsWith(text, this.#at);
  }

  #take(pattern: RegExp): RegExpExecArray | undefined {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.#text);
    if (found === null) return undefined;
    this.#at += found[0].length;
    return found;
  }

  #skipTo(end: string, what: string): void {
    const found = this.#text.indexOf(end, this.#at);
    if (found < 0) this.#fault(`${what} does not end`);
    this.#at = found + end.length;
  }

  #fault(message: string): never {
    throw new XmlFault(message, this.#at);
  }
}
