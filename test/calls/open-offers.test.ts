/** open-offers: what moves a dialog waits for the ACK, or for the answer, that closes an offer, and for nothing else. */
import t from 'tap';
import type { Command, Outcome } from '#calls/commands.js';
import { OPEN_OFFER_MS, OpenOffers } from '#calls/open-offers.js';
import { newCallId } from '#kit/ids.js';
import type { CallId } from '#core/leg.js';
import { FakeClock } from '../support/fake-clock.js';
import { QuietCalls } from '../support/quiet-calls.js';
import { sdpOf } from '../support/stored-call.js';

const clock = (): FakeClock => new FakeClock();

/** A house, and the commands that came through. */
function house() {
  const [time, passed] = [clock(), [] as Command['kind'][]];
  const calls = new QuietCalls(undefined, time);
  const behind = (command: Command): Promise<Outcome> => {
    passed.push(command.kind);
    return Promise.resolve({ kind: 'park.listed', parked: [] });
  };
  const commands = new OpenOffers({ execute: behind }, (id) => calls.service.live(id), time);
  const ask = (command: Command): void => void commands.execute(command);
  return { calls, time, passed, ask };
}

/** Answered, and the caller's ACK is still on its way. */
async function answered(calls: QuietCalls): Promise<CallId> {
  const id = await calls.rings();
  await calls.says(id, 'callee', { kind: 'answered', sdp: sdpOf(20_002) });
  return id;
}

const join = (callId: CallId): Command => ({
  ...{ kind: 'call.join', callId, as: 'member', party: 'caller' },
  to: { number: '103' } as never,
});

t.test('a join asked for before the ACK of the caller waits for it', async (t) => {
  const { calls, passed, ask } = house();
  const id = await answered(calls);
  ask(join(id));
  await calls.settles();
  t.same(passed, []);
  await calls.says(id, 'caller', { kind: 'acked' });
  t.same(passed, ['call.join']);
  t.equal(calls.service.live(id)?.stepped.size, 0, 'nobody looks any more');
});

t.test('every call of a conference, and the other call of an attended transfer, is waited for', async (t) => {
  const { calls, passed, ask } = house();
  const [talks, rang, other] = [await calls.talks(), await answered(calls), await answered(calls)];
  ask({ kind: 'call.transfer', callId: talks, to: { callId: rang } });
  ask({ kind: 'conference.create', calls: [rang, talks, other], numbers: [] });
  await calls.settles();
  t.same(passed, []);
  await calls.says(rang, 'caller', { kind: 'acked' });
  t.same(passed, ['call.transfer']);
  await calls.says(other, 'caller', { kind: 'acked' });
  t.same(passed, ['call.transfer', 'conference.create']);
});

t.test('a hold that the phones are being told of is waited for', async (t) => {
  const { calls, passed, ask } = house();
  const id = await calls.talks();
  calls.service.dispatch(id, { kind: 'hold.requested', holder: 'controller' });
  ask(join(id));
  await calls.settles();
  t.same(passed, []);
  await calls.answers(id, 'recvonly');
  t.same(passed, ['call.join']);
});

t.test('it is asked all the same when the phone never says a word, or the call ends', async (t) => {
  const { calls, time, passed, ask } = house();
  const [mute, mute2] = [await answered(calls), await answered(calls)];
  ask({ kind: 'conference.create', calls: [mute, mute2], numbers: [] });
  await calls.settles();
  time.advance(OPEN_OFFER_MS);
  await calls.settles();
  t.same(passed, ['conference.create'], 'one wait for both');
  const id = await answered(calls);
  ask(join(id));
  await calls.says(id, 'callee', { kind: 'bye' });
  t.same(passed, ['conference.create', 'call.join']);
});

t.test('a late offer without its answer is waited for by whoever wants to transfer or park', async (t) => {
  const { calls, passed, ask } = house();
  const id = await calls.ringsLate();
  await calls.says(id, 'callee', { kind: 'answered', sdp: sdpOf(20_002) });
  ask({ kind: 'call.transfer', callId: id, to: { number: '103' } });
  ask({ kind: 'call.park', callId: id });
  await calls.settles();
  t.same(passed, []);
  await calls.says(id, 'caller', { kind: 'acked', sdp: sdpOf(20_000) });
  t.same(passed, ['call.transfer', 'call.park']);
});

t.test('what moves no dialog now, a call without an open offer and one that is not there wait for nothing', async (t) => {
  const { calls, passed, ask } = house();
  const [open, quiet] = [await answered(calls), await calls.talks()];
  ask({ kind: 'call.hold', callId: open, holder: 'controller' });
  ask({ kind: 'call.transfer', callId: open, to: { number: '103' } });
  ask({ kind: 'call.park', callId: open });
  ask(join(quiet));
  ask(join(newCallId() as CallId));
  await calls.settles();
  t.same(passed, ['call.hold', 'call.transfer', 'call.park', 'call.join', 'call.join']);
});
