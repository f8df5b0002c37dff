/**
 * Goal: rtpengine knows where each phone is, also one that has moved to another port (RFC 3264 §8.3.1) while nobody was there to connect it
 * with, or while rtpengine did not listen. Method: what a media server is told of each call, written down.
 */
import t from 'tap';
import type { CallId } from '#core/leg.js';
import { MediaGone } from '#kit/errors.js';
import { QuietCalls } from '../support/quiet-calls.js';
import { sdpOf } from '../support/stored-call.js';

const MOVED = 29_000;

class Watched {
  /** `offer 29000`, of the newest call. */
  readonly told: string[] = [];
  readonly calls: QuietCalls;
  /** It does not take the next one. */
  isDeaf = false;

  constructor() {
    const hears =
      (what: string) =>
      (callId: CallId, ...rest: readonly unknown[]): Promise<string> => {
        if (this.isDeaf) {
          this.isDeaf = false;
          return Promise.reject(new MediaGone(callId));
        }
        const sdp = rest.find((one): one is string => typeof one === 'string' && one.startsWith('v=0')) ?? '';
        this.told.push(`${this.#nameOf(callId)} ${what} ${/m=audio (\d+)/.exec(sdp)?.[1] ?? ''}`);
        return Promise.resolve(sdpOf(31_000));
      };
    const media = { offer: hears('offer'), answer: hears('answer'), knows: Promise.resolve(true) };
    this.calls = new QuietCalls(undefined, undefined, { media });
  }

  readonly #names: CallId[] = [];

  #nameOf(callId: CallId): string {
    if (!this.#names.includes(callId)) this.#names.push(callId);
    return ['first', 'second'][this.#names.indexOf(callId)] ?? 'another';
  }
}

t.test('the caller that the API rang moves while the callee rings', async (t) => {
  const { calls, told } = new Watched();
  const dialFacts = { autoAnswer: false, maxForwards: 70, asker: 'inside', privacy: false } as const;
  const id = calls.service.create({ origin: 'api', caller: '101', callee: '102', dialFacts });
  calls.service.dispatch(id, { kind: 'setup.requested' });
  await calls.settles();
  await calls.says(id, 'caller', { kind: 'answered', sdp: sdpOf(20_000) });
  await calls.says(id, 'callee', { kind: 'progressed', status: 180 });
  told.length = 0;
  await calls.says(id, 'caller', { kind: 'reinvite', sdp: sdpOf(MOVED) });
  await calls.says(id, 'caller', { kind: 'reinvite-acked' });
  t.same(told, [], 'nobody is there yet');
  await calls.says(id, 'callee', { kind: 'answered', sdp: sdpOf(20_002) });
  t.same(told, ['first offer 29000', 'first answer 20002']);
});

t.test('who waits in a transfer moves while the third phone rings', async (t) => {
  const { calls, told } = new Watched();
  const { transfers } = calls.connections();
  const old = await calls.talks();
  const next = transfers.transfer(old, 'caller', { number: '103' });
  await calls.settles();
  await calls.says(old, 'caller', { kind: 'reinvite-answered', status: 200, sdp: sdpOf(20_000, 'inactive') });
  await calls.says(old, 'callee', { kind: 'reinvite-answered', status: 200, sdp: sdpOf(20_002, 'recvonly') });
  await calls.says(next, 'callee', { kind: 'progressed', status: 180 });
  await calls.says(old, 'callee', { kind: 'reinvite', sdp: sdpOf(MOVED, 'recvonly') });
  await calls.says(old, 'callee', { kind: 'reinvite-acked' });
  told.length = 0;
  await calls.says(next, 'callee', { kind: 'answered', sdp: sdpOf(20_004) });
  t.same(told, ['second offer 29000', 'second answer 20004']);
});

t.test('what rtpengine missed is told with the next answer, though that says nothing new', async (t) => {
  const watched = new Watched();
  const { calls, told } = watched;
  const id = await calls.talks();
  const answers = async (role: 'caller' | 'callee', port: number, direction: string): Promise<void> =>
    calls.says(id, role, { kind: 'reinvite-answered', status: 200, sdp: sdpOf(port, direction) });
  calls.service.dispatch(id, { kind: 'hold.requested', holder: 'controller' });
  await calls.settles();
  watched.isDeaf = true;
  told.length = 0;
  await answers('caller', MOVED, 'recvonly');
  await answers('callee', 20_002, 'recvonly');
  t.same(told, []);
  calls.service.dispatch(id, { kind: 'resume.requested', holder: 'controller' });
  await calls.settles();
  await answers('caller', MOVED, 'sendrecv');
  await answers('callee', 20_002, 'sendrecv');
  t.same(told, ['first offer 29000', 'first answer 20002']);
  await answers('caller', MOVED, 'sendrecv');
  t.equal(told.length, 2, 'and not again');
});
