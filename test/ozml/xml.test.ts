/** xml: what is well-formed is read, what could surprise is refused, and nothing a stranger writes makes it do anything else. */
import fc from 'fast-check';
import t from 'tap';
import { readXml, XmlFault, type XmlElement } from '#ozml/xml.js';

const LIMITS = { characters: 2000, depth: 5, elements: 20, attributes: 4 };
const read = (text: string): XmlElement => readXml(text, LIMITS);

t.test('elements, attributes and text are read as they stand', (t) => {
  const root = read('<?xml version="1.0"?>\n<a one="1" two=\'2\'>x<b/>y<c>z</c></a>\n');
  t.equal(root.name, 'a');
  t.same(root.attributes, [
    ['one', '1'],
    ['two', '2'],
  ]);
  t.equal(root.text, 'xy');
  t.same(
    root.children.map(({ name, text }) => [name, text]),
    [
      ['b', ''],
      ['c', 'z'],
    ],
  );
  t.end();
});

t.test('the five entities, numbers, CDATA, comments and instructions', (t) => {
  t.equal(read('<a>&lt;&gt;&amp;&quot;&apos;&#65;&#x42;</a>').text, '<>&"\'AB');
  t.same(read('<a b="1 &lt; 2&#33;"/>').attributes, [['b', '1 < 2!']]);
  t.equal(read('<a><![CDATA[<b>&amp;</b>]]></a>').text, '<b>&amp;</b>');
  t.equal(read('<!-- <x> --><a>1<!-- 2 --><?php echo 3 ?>4</a><!-- end -->').text, '14');
  t.same(read('<a b="x\n\ty"/>').attributes, [['b', 'x  y']], 'XML 1.0 §3.3.3');
  t.equal(read('\ufeff\n  <a/>').name, 'a', 'as web servers print it');
  t.equal(read('<Sprache größe="1"/>').attributes[0]?.[0], 'größe');
  t.end();
});

const REFUSED: readonly (readonly [what: string, text: string])[] = [
  ['nothing', ''],
  ['no element', 'hello'],
  ['a document type', '<!DOCTYPE a><a/>'],
  ['an entity of its own', '<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>'],
  ['an outside entity', '<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><a>&b;</a>'],
  ['an entity that is not one of the five', '<a>&nbsp;</a>'],
  ['a lone &', '<a>1 & 2</a>'],
  ['a lone & in a value', '<a b="1 & 2"/>'],
  ['the number of no character', '<a>&#0;</a>'],
  ['the number of half a character', '<a>&#xD800;</a>'],
  ['a number beyond Unicode', '<a>&#9999999;</a>'],
  ['a control character', '<a>\u0001</a>'],
  ['an open element', '<a><b></b>'],
  ['a wrong end', '<a></b>'],
  ['another case at the end', '<a></A>'],
  ['crossed elements', '<a><b></a></b>'],
  ['two roots', '<a/><b/>'],
  ['text after the root', '<a/>x'],
  ['the same attribute twice', '<a b="1" b="2"/>'],
  ['no quotes', '<a b=1/>'],
  ['no value', '<a b/>'],
  ['no space', '<a b="1"c="2"/>'],
  ['< in a value', '<a b="<"/>'],
  ['a comment without end', '<a><!-- </a>'],
  ['CDATA without end', '<a><![CDATA[ </a>'],
  ['an instruction without end', '<a><?x </a>'],
  ['half a tag', '<a'],
  ['half an end', '<a></a'],
  ['a name that begins with a digit', '<1/>'],
  ['a declaration in the middle', '<a><?xml version="1.0"?></a>'],
  ['too deep', '<a><a><a><a><a><a/></a></a></a></a></a>'],
  ['too many elements', `<a>${'<b/>'.repeat(20)}</a>`],
  ['too many attributes', '<a b="" c="" d="" e="" f=""/>'],
  ['too long', `<a>${'x'.repeat(2000)}</a>`],
];

t.test('what is not well-formed, or more than the limits allow, is refused with a place', (t) => {
  for (const [what, text] of REFUSED) t.throws(() => read(text), { name: 'XmlFault', message: /at character \d+$/ }, what);
  t.end();
});

t.test('whatever comes is read or refused, and nothing else happens', (t) => {
  const pieces = [
    '<a>',
    '</a>',
    '<b c="',
    '"',
    "'",
    '/>',
    '&',
    '&amp;',
    ';',
    '<!--',
    '-->',
    '<![CDATA[',
    ']]>',
    '<?',
    '?>',
    ' ',
    'x',
    '=',
  ];
  const noise = fc.array(fc.oneof(fc.constantFrom(...pieces), fc.string({ maxLength: 3 })), { maxLength: 30 });
  fc.assert(
    fc.property(noise, (parts) => {
      try {
        readXml(parts.join(''), LIMITS);
      } catch (error) {
        if (!(error instanceof XmlFault)) throw error;
      }
    }),
    { numRuns: 3000 },
  );
  t.pass('nothing else was thrown');
  t.end();
});

t.test('text and values come back as they were written', (t) => {
  const escape = (text: string): string => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;');
  const plain = fc
    .string({ unit: 'grapheme', maxLength: 40 })
    .filter((text) => !/[^\x20-\ud7ff\u{10000}-\u{10ffff}]/u.test(text));
  fc.assert(
    fc.property(plain, plain, (text, value) => {
      const root = readXml(`<a b="${escape(value)}">${escape(text)}</a>`, LIMITS);
      return root.text === text && root.attributes[0]?.[1] === value;
    }),
  );
  t.pass('every text and every value');
  t.end();
});
