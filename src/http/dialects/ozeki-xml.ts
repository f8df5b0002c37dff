/**
 * ozeki-xml: the XML that the Ozeki HTTP API answers with (seeds 000 and 004). Knows elements, not meanings.
 */
export type XmlNode = Readonly<{ name: string; content: string | readonly XmlNode[] }>;

export const element = (name: string, content: string | readonly XmlNode[]): XmlNode => ({ name, content });

const escape = (text: string): string =>
  // XML 1.0 §2.2 has no place for control characters, escaped or not.
  [...text]
    .filter((char) => char >= ' ' || char === '\t' || char === '\n')
    .join('')
    .replace(/&/g, '&amp;')
    .replace(/</g, '&lt;')
    .replace(/>/g, '&gt;');

const spell = ({ name, content }: XmlNode): string =>
  `<${name}>${typeof content === 'string' ? escape(content) : content.map(spell).join(' ')}</${name}>`;

/** Declaration, attributes and spaces as the vendor prints them. */
export function response(nodes: readonly XmlNode[]): string {
  const attributes = 'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xmlns:xsd="http://www.w3.org/2001/XMLSchema"';
  return `<?xml version="1.0"?> <Response ${attributes}> ${nodes.map(spell).join(' ')} </Response>`;
}
