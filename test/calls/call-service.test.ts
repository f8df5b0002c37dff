/**
 * call-service: when what a call took of its payer's room is free again, and words that come, or cannot be said, while its lane waits.
 */
import t from 'tap';
import type { LegId, TollPort } from '#calls/ports.js';
import type { CallId } from '#core/leg.js';
import { QuietCalls } from '../support/quiet-calls.js';
import { sdpOf } from '../support/stored-call.js';

/** A promise, and the word that keeps it. */
function later(): { word: Promise<string>; say: (sdp?: string) => void } {
  let say: (sdp: string) => void = () => undefined;
  const word = new Promise<string>((resolve) => (say = resolve));
  return { word, say: (sdp = sdpOf(31_002)) => say(sdp) };
}

t.test('who hangs up may call again at once, also while rtpengine has not answered for the old call', async (t) => {
  const ended: string[] = [];
  const toll: TollPort = {
    mayDial: () => undefined,
    admit: () => undefined,
    goesOn: () => undefined,
    ended: (callId) => void ended.push(callId),
  };
  let gone: () => void = () => undefined;
  const deleted = new Promise<void>((resolve) => (gone = resolve));
  const calls = new QuietCalls(undefined, undefined, { media: { delete: deleted }, toll });
  const id = await calls.talks();
  t.same(ended, []);
  await calls.says(id, 'caller', { kind: 'bye' });
  t.same(ended, [id]);
  t.ok(calls.service.live(id), 'its ports are not free yet');
  gone();
  await calls.settles();
  t.notOk(calls.service.live(id));
  t.same(ended, [id]);
});

t.test('a CANCEL after the callee has answered, while our 200 is being made, hangs up: no 200 will go out', async (t) => {
  const { word, say } = later();
  const calls = new QuietCalls(undefined, undefined, { media: { answer: word } });
  const id = await calls.rings();
  await calls.says(id, 'callee', { kind: 'answered', sdp: sdpOf(20_002) });
  t.equal(calls.service.live(id)?.call.kind, 'confirmed');
  await calls.says(id, 'caller', { kind: 'cancelled' });
  t.ok(calls.asked.includes('bye'), 'the callee is not left alone');
  say();
  await calls.settles();
  t.notOk(calls.service.live(id));
});

t.test('a word that cannot be said keeps neither the end of its call back nor its neighbours', async (t) => {
  const kinds: string[] = [];
  const unsaid = (): never => {
    throw new Error('the connection has gone');
  };
  const calls = new QuietCalls(undefined, undefined, { signaling: { ack: unsaid } });
  calls.bus.subscribe(({ event }) => kinds.push(event.kind));
  const late = await calls.ringsLate();
  await calls.says(late, 'callee', { kind: 'answered', sdp: sdpOf(20_002) });
  calls.service.dispatch(late, { kind: 'hangup.requested' });
  await calls.settles();
  t.ok(calls.asked.includes('ack'));
  t.ok(kinds.includes('call.ended'));
  t.ok(calls.asked.includes('delete'));
  t.notOk(calls.service.live(late));
});

t.test('who is transferred comes over when all that it was to be told in the old call is on the wire', async (t) => {
  const { word, say } = later();
  const words: string[] = [];
  const names = new Map<CallId, string>();
  const of = ({ callId, role }: LegId): string => `${names.get(callId) ?? '?'} ${role}`;
  const calls = new QuietCalls(undefined, undefined, {
    media: { gate: () => word },
    signaling: {
      reinvite: (leg: LegId) => words.push(`reinvite ${of(leg)}`),
      adopt: (from: LegId, to: LegId) => words.push(`adopt ${of(from)} as ${of(to)}`),
    },
  });
  const { transfers } = calls.connections();
  const old = await calls.talks();
  names.set(old, 'old');
  const next = transfers.transfer(old, 'caller', { number: '103' });
  names.set(next, 'new');
  await calls.settles();
  await calls.says(next, 'callee', { kind: 'answered', sdp: sdpOf(20_004) });
  t.same(words, [], 'rtpengine has not answered yet: the hold of who stays waits in the old call');
  say();
  await calls.settles();
  t.same(words, ['reinvite old caller', 'reinvite old callee', 'adopt old callee as new caller']);
  await calls.says(next, 'caller', { kind: 'reinvite-answered', status: 200, sdp: sdpOf(20_002, 'recvonly') });
  t.same(words.slice(3), ['reinvite new caller'], 'its answer is heard where it is now, and the new ports are told');
});
