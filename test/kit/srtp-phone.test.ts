/** The SRTP of the test phones is judged by the vectors of RFC 3711, so that no test is fooled by a mistake that two of ours share. */
import t from 'tap';
import { derive, Srtp } from '../support/srtp.js';

const hex = (text: string): Buffer => Buffer.from(text, 'hex');

t.test('RFC 3711 B.3: session keys', async (t) => {
  const key = hex('E1F97A0D3E018BE0D64FA32C06DE4139');
  const salt = hex('0EC675AD498AFEEBB6960B3AABE6');
  t.same(derive(key, salt, 0, 16), hex('C61E7A93744F39EE10734AFE3FF7A087'));
  t.same(derive(key, salt, 2, 14), hex('30CBBC08863D8C85D49DB34A9AE1'));
  t.same(derive(key, salt, 1, 20), hex('CEBE321F6FF7716B6FD4AB49AF256A156D38BAA4'));
});

t.test('what one key has protected another does not open, and a wrap of the sequence number does not matter', async (t) => {
  const master = Buffer.alloc(30, 7);
  const [out, into, other] = [new Srtp(master), new Srtp(master), new Srtp(Buffer.alloc(30, 8))];
  for (const sequence of [65_534, 65_535, 0, 1]) {
    const packet = Buffer.alloc(32, sequence & 0xff);
    packet.writeUInt8(0x80, 0);
    packet.writeUInt16BE(sequence, 2);
    packet.writeUInt32BE(42, 8);
    const sent = out.protect(packet);
    t.notOk(sent.includes(packet.subarray(12)), 'it is encrypted');
    t.same(into.unprotect(sent), packet);
    t.equal(other.unprotect(sent), undefined);
  }
  t.equal(other.refused, 4);
});
