/**
 * kill-story: what two people and a program do with a call, act by act, and what has been agreed so far. It ends wherever somebody is killed.
 */
import type { KillWorld } from './kill-world.js';
import { until } from './until.js';

export type Reason = 'controller' | 'caller-phone';

export const ACTS = ['set-up', 'hold', 'resume', 'phone holds', 'phone resumes', 'hang-up'] as const;
export type Act = (typeof ACTS)[number];

/** What the last acts have agreed, and what the one that was under way would have. */
export type Agreed = {
  act: Act;
  /** It has been answered. */
  isDone: boolean;
  callId: string;
  holds: readonly Reason[];
  /** What stood before that, and when it was agreed. */
  before: readonly Reason[];
  agreedMs: number;
};

/** What was agreed so short a time before the kill may be in no batch of the store: commitMs, and what a busy disk takes. */
export const GRACE_MS = 120;
const CHANGES: Readonly<Record<Act, readonly Reason[]>> = {
  'set-up': [],
  hold: ['controller'],
  resume: [],
  'phone holds': ['caller-phone'],
  'phone resumes': [],
  'hang-up': [],
};

/** The holds that may stand after the restart. */
export function possibleHolds(
  { act, isDone, holds, before, agreedMs }: Agreed,
  killedMs: number,
): readonly (readonly Reason[])[] {
  if (!isDone) return [holds, CHANGES[act]];
  return killedMs - agreedMs < GRACE_MS ? [before, holds] : [holds];
}

type CallNow = Readonly<{
  hold: Readonly<{ reasons: readonly Reason[]; caller: Readonly<{ state: string }>; callee: Readonly<{ state: string }> }>;
}>;

export class KillStory {
  readonly #world: KillWorld;
  readonly agreed: Agreed = { act: 'set-up', isDone: false, callId: '', holds: [], before: [], agreedMs: 0 };
  #over = false;

  constructor(world: KillWorld) {
    this.#world = world;
  }

  /** @returns once all acts are played, or somebody was killed. */
  async play(): Promise<void> {
    const played = this.#playAll();
    await Promise.race([played, this.#world.killed]);
    this.#over = true;
    // What was under way fails, or succeeds much later: the verdict looks at the phones themselves.
    played.catch(() => undefined);
    if (this.#world.killedMs === 0) await played;
  }

  async #playAll(): Promise<void> {
    for (const act of ACTS) {
      if (this.#over) return;
      this.agreed.act = act;
      this.agreed.isDone = false;
      await this.#play(act);
      if (this.#over) return;
      this.agreed.before = this.agreed.holds;
      this.agreed.agreedMs = performance.now();
      this.agreed.holds = CHANGES[act];
      this.agreed.isDone = true;
      await this.#settles(act);
      await this.#world.written();
    }
  }

  async #play(act: Act): Promise<void> {
    const { alice, bob } = this.#world;
    switch (act) {
      case 'set-up':
        await alice.call(bob.number);
        await until('the callee has its ACK', () => bob.line?.state === 'confirmed');
        this.agreed.callId = await this.#onlyCall();
        return;
      case 'hold':
        return this.#api('PUT', `/calls/${this.agreed.callId}/hold`);
      case 'resume':
        return this.#api('DELETE', `/calls/${this.agreed.callId}/hold`);
      case 'phone holds':
        return expect('200', await alice.reinvite('sendonly'));
      case 'phone resumes':
        return expect('200', await alice.reinvite('sendrecv'));
      case 'hang-up':
        expect('200', await alice.bye());
        await until('the callee has been told', () => bob.line?.state === 'ended');
    }
  }

  /** The other phone has agreed to it too: the one that holds is answered first. What is agreed is written before the next act begins. */
  async #settles(act: Act): Promise<void> {
    const { alice, bob, holdfast } = this.#world;
    if (act === 'hang-up') return;
    await until('both phones have agreed', async () => {
      const { reasons, caller, callee } = (await holdfast.api<CallNow>('GET', `/calls/${this.agreed.callId}`)).body.hold;
      const hasAgreed = caller.state === 'agreed' && callee.state === 'agreed' && reasons.join() === CHANGES[act].join();
      return this.#over || (hasAgreed && !alice.isAnswering && !bob.isAnswering);
    });
  }

  async #onlyCall(): Promise<string> {
    const { body } = await this.#world.holdfast.api<{ calls: { id: string }[] }>('GET', '/calls');
    if (body.calls.length !== 1) throw new Error(`${body.calls.length} calls are up`);
    return body.calls[0]?.id ?? '';
  }

  async #api(method: string, path: string): Promise<void> {
    const { status } = await this.#world.holdfast.api(method, path);
    if (status !== 200) throw new Error(`${method} ${path}: ${status}`);
  }
}

function expect(wanted: string, found: string): void {
  if (found !== wanted) throw new Error(`answered ${found}, expected ${wanted}`);
}
