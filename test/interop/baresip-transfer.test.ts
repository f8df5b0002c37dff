/**
 * Goal: baresip, as it is, transfers its party to a third phone by REFER, and is done. Method: two headless baresips in a call that a
 * program set up, a scripted phone as the third, the whole product.
 */
import t from 'tap';
import { Baresip } from '../support/baresip.js';
import { Holdfast } from '../support/holdfast.js';
import { RtpEndpoint } from '../support/rtp-endpoint.js';
import { SipPhone } from '../support/sip-phone.js';
import { until } from '../support/until.js';

const [ALICE, BOB] = [400, 800];

t.test('baresip transfers', async (t) => {
  const holdfast = await Holdfast.start();
  const registrar = `127.0.0.1:${holdfast.sipPort}`;
  const alice = await Baresip.start({ number: '101', registrar, toneHertz: ALICE });
  const bob = await Baresip.start({ number: '102', registrar, toneHertz: BOB });
  const carol = await SipPhone.open({ number: '103', server: holdfast.sipPort });
  const rtp = await RtpEndpoint.open();
  t.teardown(async () => {
    carol.close();
    rtp.close();
    await Promise.all([alice.stop(), bob.stop()]);
    await holdfast.stop();
  });
  await Promise.all([alice.registered(), bob.registered(), carol.register()]);
  await holdfast.api('POST', '/calls', { caller: '101', callee: '102' });
  await holdfast.event((event) => event.kind === 'call.answered');

  const completed = holdfast.event((event) => event.kind === 'transfer.changed' && event['state'] === 'completed');
  const over = holdfast.event((event) => event.kind === 'call.ended' && event['cause'] === 'transferred');
  bob.command('transfer', `sip:103@${registrar}`);
  const invite = await carol.receives('INVITE');
  t.match(invite.headers.get('from'), /101/, 'Carol sees whom she will talk to');
  carol.respond(invite, 180);
  carol.respond(invite, 200, rtp.sdp());
  rtp.obey(invite.body);
  t.match(await completed, { by: '102', to: '103' });
  await over;
  await until('bob is done', () => /CALL_CLOSED/.test(bob.output));
  t.same((await (await rtp.next(10), rtp.next(20))).tones(ALICE, BOB), [ALICE], 'and whom she hears is Alice');
  rtp.hush();
});
