/** tagged-json: what is written is read as the same, whatever it is made of, and what could not be is refused. */
import { isDeepStrictEqual } from 'node:util';
import { serialize } from 'node:v8';
import fc from 'fast-check';
import t from 'tap';
import { bytesOf, valueOf } from '#store/record.js';
import { fromTaggedJson, taggedJson } from '#store/tagged-json.js';

const again = (value: unknown): unknown => fromTaggedJson(taggedJson(value));

t.test('whatever plain values are made of survives', async (t) => {
  const { tree } = fc.letrec((tie) => ({
    tree: fc.oneof(
      { depthSize: 'small' },
      fc.string({ unit: 'binary' }),
      fc.double(),
      fc.bigInt(),
      fc.boolean(),
      fc.constantFrom(null, undefined, Infinity, -Infinity, Number.NaN, -0),
      fc.array(tie('tree'), { maxLength: 4 }),
      fc.dictionary(
        fc.string().filter((key) => key !== '$' && key !== '__proto__'),
        tie('tree'),
        { maxKeys: 4, noNullPrototype: true },
      ),
      fc.array(fc.tuple(tie('tree'), tie('tree')), { maxLength: 3 }).map((pairs) => new Map(pairs)),
    ),
  }));
  t.doesNotThrow(() =>
    fc.assert(
      fc.property(tree, (value) => isDeepStrictEqual(again(value), value)),
      { seed: 20_261_121, numRuns: 3000 },
    ),
  );
});

t.test('what is written is not changed by it', async (t) => {
  const value = { version: 3n, in: { gone: undefined, list: [1, undefined] } };
  taggedJson(value);
  t.ok(isDeepStrictEqual(value, { version: 3n, in: { gone: undefined, list: [1, undefined] } }));
});

t.test('what JSON would lose in silence is refused', async (t) => {
  class Phone {
    number = '101';
  }
  for (const lost of [new Date(0), new Set([1]), Buffer.from('x'), /x/, new Phone(), () => 1, Symbol('x'), { $: 'map' }])
    t.throws(() => taggedJson({ in: [lost] }), /cannot be kept/);
});

t.test('a tag that nobody writes, and what is no JSON, is told', async (t) => {
  t.throws(() => fromTaggedJson('{"$":"date","of":1}'), /nobody writes/);
  t.throws(() => fromTaggedJson('{"a":'), SyntaxError);
});

t.test('what the first programs wrote is read', async (t) => {
  const old = (body: Buffer): Buffer => Buffer.concat([Buffer.from([0x48, 1]), body]);
  const value = { version: 3n, at: new Map([['a', 1]]) };
  t.ok(isDeepStrictEqual(valueOf(old(serialize(value)), []), value));
  t.same(valueOf(old(Buffer.from('{"id":"a","flow":{}}')), []), { id: 'a', flow: {} });
  t.same(valueOf(bytesOf(1, value), []), value);
});
