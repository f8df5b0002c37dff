/**
 * expected-words: what a validator wanted, in words for who has to write it: of its keyword (JSON Schema) and the schema around it.
 */

/** One complaint of ajv's. */
export type Wrong = Readonly<{
  keyword: string;
  instancePath: string;
  params: Readonly<Record<string, unknown>>;
  data?: unknown;
  parentSchema?: Readonly<Record<string, unknown>>;
}>;

const KINDS: Readonly<Record<string, string>> = {
  string: 'a text',
  integer: 'a whole number',
  number: 'a number',
  boolean: 'true or false',
  object: 'keys and values in { }',
  array: 'a list in [ ]',
  null: 'null',
};

export function expected({ keyword, params, parentSchema = {} }: Wrong): string {
  const description = parentSchema['description'];
  switch (keyword) {
    case 'type':
      return kinds([params['type']].flat().map(String));
    case 'enum':
      return `one of ${[params['allowedValues']].flat().join(', ')}`;
    case 'const':
      return `${JSON.stringify(params['allowedValue'])} or nothing`;
    case 'minimum':
    case 'maximum':
    case 'exclusiveMinimum':
    case 'exclusiveMaximum':
      return withWords(range(parentSchema), description);
    case 'minLength':
    case 'maxLength':
      return withWords(`a text of ${span(parentSchema['minLength'], parentSchema['maxLength'])} characters`, description);
    case 'minItems':
    case 'maxItems':
      return withWords(`a list of ${span(parentSchema['minItems'], parentSchema['maxItems'])}`, description);
    case 'uniqueItems':
      return 'each of them once';
    case 'pattern':
      return typeof description === 'string' ? description : `a text that matches ${String(params['pattern'])}`;
    default:
      return typeof description === 'string' ? description : `what the API document says of it (${keyword})`;
  }
}

/** What the document says of it says what it is for. */
const withWords = (limits: string, description: unknown): string =>
  typeof description === 'string' ? `${limits} (${description})` : limits;

const kinds = (types: readonly string[]): string =>
  types.includes('boolean') && types.includes('null')
    ? 'true, false or null'
    : types.map((type) => KINDS[type] ?? type).join(' or ');

function range({ type, ...limits }: Readonly<Record<string, unknown>>): string {
  const { minimum, exclusiveMinimum, maximum, exclusiveMaximum } = limits as Limits;
  const what = KINDS[String(type)] ?? 'a number';
  const least = minimum !== undefined ? ` from ${minimum}` : exclusiveMinimum !== undefined ? ` above ${exclusiveMinimum}` : '';
  const most = maximum !== undefined ? ` to ${maximum}` : exclusiveMaximum !== undefined ? ` below ${exclusiveMaximum}` : '';
  return `${what}${least}${most}`;
}

type Limits = Readonly<Partial<Record<'minimum' | 'exclusiveMinimum' | 'maximum' | 'exclusiveMaximum', number>>>;

const span = (least: unknown, most: unknown): string =>
  most === undefined ? `${Number(least ?? 0)} or more` : `${Number(least ?? 0)} to ${Number(most)}`;
