/** reach-commands: what is refused before anything is done, and who may write to whom. */
import t from 'tap';
import type { CallId } from '#core/leg.js';
import type { BindingsPort, OutgoingMessage, PhoneTraits } from '#calls/ports.js';
import { ReachCommands, type ReachDeps } from '#calls/reach-commands.js';

const PHONES = new Set(['101', '102']);
const traits = (kind: PhoneTraits['kind']): PhoneTraits => ({ kind, holdMode: 'auto', refusedMusic: false });

/** 101 and 102 are phones, +49... is beyond a trunk, 109 is not registered, 999 is nobody. */
const bindings: BindingsPort = {
  find: (number) => {
    if (number === '999') return { kind: 'unknown' };
    if (number === '109') return { kind: 'not-registered' };
    return { kind: 'targets', targets: [{ uri: `sip:${number}@192.0.2.1` }] };
  },
  traits: (number) => traits(PHONES.has(number) ? 'phone' : number.startsWith('+') ? 'trunk' : 'stranger'),
  holdRefused: () => undefined,
};

function house(status = 200) {
  const sent: OutgoingMessage[] = [];
  const deps: ReachDeps = {
    calls: { live: () => undefined, dispatch: () => undefined },
    bindings,
    signaling: { notifyKey: () => false },
    retrievals: { retrieve: () => 'new' as CallId },
    messages: {
      send: (message) => {
        sent.push(message);
        return Promise.resolve({ status, reason: 'so' });
      },
    },
  };
  const reach = new ReachCommands(deps);
  const write = (from: string, to: string) => reach.execute({ kind: 'message.send', from, to, text: 'hello' });
  return { sent, reach, write };
}

t.test('a message goes to phones from whom it likes, and over a trunk from our own numbers alone', async (t) => {
  const { sent, write } = house(202);
  t.same(await write('Alarm', '102'), { kind: 'message.sent', status: 202 });
  t.same(await write('101', '+4930'), { kind: 'message.sent', status: 202 });
  await t.rejects(write('+1555', '+4930'), { code: 'bad_request', field: 'from' });
  await t.rejects(write('Alarm', '+4930'), { code: 'bad_request', field: 'from' });
  t.same(
    sent.map(({ from, to }) => `${from} ${to}`),
    ['Alarm 102', '101 +4930'],
  );
});

t.test('nobody to be had, and a refusal, are told with the SIP status', async (t) => {
  const { sent, write } = house(486);
  await t.rejects(write('101', '999'), { code: 'number_unknown', sip: 404 });
  await t.rejects(write('101', '109'), { code: 'not_registered', sip: 480 });
  t.same(sent, []);
  await t.rejects(write('101', '102'), { code: 'message_refused', sip: 486, http: 422 });
});

t.test('a call that is not there is nowhere', async (t) => {
  const { reach } = house();
  const callId = 'nobody' as CallId;
  const to = { number: '102' };
  for (const kind of ['call.answer', 'call.reject'] as const)
    await t.rejects(reach.execute({ kind, callId }), { code: 'call_not_found' });
  for (const kind of ['call.forward', 'call.pickup'] as const)
    await t.rejects(reach.execute({ kind, callId, to }), { code: 'call_not_found' });
});
