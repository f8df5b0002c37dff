/**
 * Goal: any datagram may come, and only whole RTP is taken. Method: packets by hand, then random bytes.
 */
import fc from 'fast-check';
import t from 'tap';
import { readRtp, RTP_HEAD, writeRtpHead } from '#conference/rtp.js';

const HEAD = { payloadType: 8, marker: true, sequence: 65_535, timestamp: 2 ** 32 - 1, ssrc: 0xdeadbeef };

function packet(...payload: readonly number[]): Buffer {
  const out = Buffer.alloc(RTP_HEAD + payload.length);
  writeRtpHead(out, HEAD);
  out.set(payload, RTP_HEAD);
  return out;
}

t.test('what is written is read', (t) => {
  const { marker: _marker, ...facts } = HEAD;
  t.same(readRtp(packet(1, 2, 3)), { ...facts, payload: Buffer.from([1, 2, 3]) });
  t.end();
});

t.test('sources, extensions and padding are no sound', (t) => {
  const sources = Buffer.concat([packet(), Buffer.alloc(4, 9), Buffer.from([1])]);
  sources[0] = 0x81;
  t.same(readRtp(sources)?.payload, Buffer.from([1]));
  const extended = packet(0xbe, 0xde, 0, 1, 9, 9, 9, 9, 1);
  extended[0] = 0x90;
  t.same(readRtp(extended)?.payload, Buffer.from([1]));
  const padded = packet(1, 2, 0, 0, 3);
  padded[0] = 0xa0;
  t.same(readRtp(padded)?.payload, Buffer.from([1, 2]));
  t.end();
});

t.test('RTCP, other versions and halves are nothing', (t) => {
  const rtcp = packet(1);
  rtcp[1] = 200;
  const old = packet(1);
  old[0] = 0x40;
  const short = packet(1);
  short[0] = 0x8f;
  const extension = packet(1, 2);
  extension[0] = 0x90;
  const padding = packet(200);
  padding[0] = 0xa0;
  for (const one of [rtcp, old, short, extension, padding, packet(), Buffer.alloc(11, 0x80)]) t.equal(readRtp(one), undefined);
  t.end();
});

t.test('no bytes make it throw, and what it takes lies inside the datagram', (t) => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => {
      const read = readRtp(Buffer.from(bytes));
      return read === undefined || (read.payload.length > 0 && read.payload.length <= bytes.length - RTP_HEAD);
    }),
  );
  t.pass('for all that were tried');
  t.end();
});
