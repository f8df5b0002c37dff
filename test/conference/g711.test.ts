/**
 * Goal: the tables are G.711. Method: the tests' own coder, written sample by sample, must agree; every byte must survive a round.
 */
import t from 'tap';
import { decode, encode, PCMA, PCMU } from '#conference/g711.js';
import { fromAlaw, fromUlaw } from '#conformance/phone/g711.js';

const bytes = Uint8Array.from({ length: 256 }, (_, byte) => byte);

t.test('every byte is decoded as the other coder decodes it', (t) => {
  const out = new Int16Array(256);
  t.equal(decode(PCMU, bytes, out), 256);
  t.same(
    Array.from(out, (sample) => sample + 0),
    Array.from(bytes, (byte) => fromUlaw(byte) + 0),
  );
  decode(PCMA, bytes, out);
  t.same([...out], Array.from(bytes, fromAlaw));
  t.end();
});

t.test('every byte comes back as it was; the second zero of µ-law as the first', (t) => {
  for (const codec of [PCMU, PCMA] as const) {
    const samples = new Int16Array(256);
    decode(codec, bytes, samples);
    const back = new Uint8Array(256);
    encode(codec, samples, back);
    const expected = Array.from(bytes, (byte) => (codec === PCMU && byte === 0x7f ? 0xff : byte));
    t.same([...back], expected, `payload type ${codec}`);
  }
  t.end();
});

t.test('no sample is further from its step than G.711 allows: a thirty-second part of it, eight at silence', (t) => {
  for (const codec of [PCMU, PCMA] as const) {
    const samples = Int16Array.from({ length: 4096 }, (_, index) => -32_768 + index * 16 + 5);
    const coded = new Uint8Array(samples.length);
    encode(codec, samples, coded);
    const back = new Int16Array(samples.length);
    decode(codec, coded, back);
    const worse = samples.filter((sample, index) => Math.abs((back[index] ?? 0) - sample) > Math.abs(sample) / 32 + 8);
    t.same([...worse], [], `payload type ${codec}`);
  }
  t.end();
});

t.test('more bytes than there is room for are left out', (t) => {
  t.equal(decode(PCMU, bytes, new Int16Array(10)), 10);
  t.end();
});
