/**
 * Goal: a program connects two phones that speak nothing but SRTP. Method: two real ones (baresip, which refuses to speak without) over TLS;
 * what reaches each on the wire is decrypted with the key that its own phone was told.
 */
import t from 'tap';
import { MUSIC_HERTZ } from '../support/holdfast.js';
import { whyNoTap } from '../support/rtp-tap.js';
import { SECURE } from '../support/secure-house.js';
import { Srtp } from '../support/srtp.js';
import { TwoBaresips } from '../support/two-baresips.js';
import { ALICE_HERTZ, BOB_HERTZ } from '../support/two-phones.js';
import { until } from '../support/until.js';

t.test('POST /calls between two phones with SRTP', { skip: whyNoTap() ?? false }, async (t) => {
  const house = { ...SECURE, phones: { '101': 'srtp: true, requireTls: true', '102': 'srtp: required, requireTls: true' } };
  const secure = { transport: 'tls', srtp: true } as const;
  const phones = await TwoBaresips.start(t, house, { alice: secure, bob: secure });
  const { holdfast, alice, bob, tap } = phones;
  const setup = await holdfast.api<{ id: string }>('POST', '/calls', { caller: '101', callee: '102' });
  await holdfast.event((event) => event.kind === 'call.answered');
  for (const phone of [alice, bob]) {
    await until('baresip says that SRTP is on', () => /SRTP is Enabled/.test(phone.output));
    const key = new Srtp(Buffer.from(phone.keysTold.at(-1) ?? '', 'base64'));
    tap.decrypt(phone.rtpPorts, (datagram) => key.unprotect(datagram));
  }
  t.same(await phones.hear(), { alice: [BOB_HERTZ], bob: [ALICE_HERTZ] });
  t.match((await holdfast.api('PUT', `/calls/${setup.body.id}/hold`)).body, { settled: true, callee: { state: 'agreed' } });
  t.same(await phones.hear(), { alice: [MUSIC_HERTZ], bob: [MUSIC_HERTZ] });
  t.match((await holdfast.api('DELETE', `/calls/${setup.body.id}/hold`)).body, { settled: true });
  t.same(await phones.hear(), { alice: [BOB_HERTZ], bob: [ALICE_HERTZ] });
});
