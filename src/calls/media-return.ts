/**
 * media-return: rtpengine has gone, or has forgotten a call, while we and the phones are still there. Calls wait for it, for a while, and
 * go on with whatever it still knows of them. What has to be said then is the core's (core/restore.ts).
 */
import { LEG_ROLES, type CallId } from '#core/leg.js';
import type { Input } from '#core/inputs.js';
import type { Clock, Timer } from '#kit/clock.js';
import type { LiveCall } from './live-call.js';
import type { MediaPort } from './ports.js';
import { inSteps } from '#kit/in-steps.js';
import { toldPorts } from './told-ports.js';

export type MediaReturnDeps = Readonly<{
  calls: Readonly<{ live: (id: CallId) => LiveCall | undefined; ids: () => readonly CallId[] }>;
  media: Pick<MediaPort, 'knows' | 'shun' | 'forgetsGates' | 'delete'>;
  dispatch: (id: CallId, input: Input) => void;
  clock: Clock;
}>;

/** Silence lasts no longer than people wait in it. */
const LIMIT_MS = 10_000;
const AGAIN_MS = 500;
const NOBODY = { ofLeg: () => ({ sent: undefined }) };

export class MediaReturn {
  readonly #deps: MediaReturnDeps;
  /** Each is given up when its time is over: no more than there are calls. */
  readonly #waiting = new Map<CallId, Timer>();
  /** When it went on last: a call whose media is lost again and again has none. */
  readonly #wentOn = new WeakMap<LiveCall, number>();
  /** Those of which it said, when it came back, that it knows nothing: what is offered to it meanwhile makes a call of the same name. */
  readonly #gone = new Set<CallId>();
  /** Those that it does not read any more, each once, and how far they have come. */
  readonly #deaf = new Set<CallId>();
  #anew: Promise<void> = Promise.resolve();
  #away = false;

  constructor(deps: MediaReturnDeps) {
    this.#deps = deps;
  }

  /** It has gone, and with it the media of every call. */
  lost(): void {
    this.#away = true;
    for (const id of this.#deps.calls.ids()) this.#wait(id);
    // One that brings its calls back needs the ports it had.
    if (this.#deps.media.forgetsGates !== true) void this.#shun([...this.#waiting.keys()]);
  }

  /** It is there again. */
  async back(): Promise<void> {
    this.#away = false;
    const { calls, clock, media } = this.#deps;
    const ids = [...this.#waiting.keys()].sort((one, other) => heldFirst(calls.live(one)) - heldFirst(calls.live(other)));
    const known = await Promise.all(ids.map((id) => media.knows(id).catch(() => true)));
    for (const [index, id] of ids.entries()) if (known[index] === false && this.#waiting.has(id)) this.#gone.add(id);
    await this.#shun([...this.#gone]);
    void inSteps('rtpengine is back', clock, ids, (id) => void this.#look(id));
  }

  /** Before any call has new ports: they would be those of another. */
  #shun(ids: readonly CallId[]): Promise<void> {
    const { calls, media } = this.#deps;
    return media.shun(ids.flatMap((id) => toldPorts(calls.live(id)?.media ?? NOBODY)));
  }

  /** A command for this call could not be obeyed, and the call cannot be without it. */
  failed(id: CallId): void {
    const { calls, clock } = this.#deps;
    const live = calls.live(id);
    if (live === undefined || this.#waiting.has(id)) return;
    const before = this.#wentOn.get(live);
    if (!this.#away && before !== undefined && clock.now() - before < LIMIT_MS) return this.#giveUp(id);
    this.#wait(id);
    if (!this.#away && this.#waiting.has(id)) void this.#look(id);
  }

  /**
   * It knows the call and reads nothing more that comes to one of its ports: the call begins anew with others. That is said of each port, so
   * what is said again at once is of the ports before. A machine that stood still makes many of them at once: they come one by one.
   */
  deaf(id: CallId): Promise<void> {
    if (!this.#deaf.has(id)) {
      this.#deaf.add(id);
      this.#anew = this.#anew.then(() => this.#beginAnew(id));
    }
    return this.#anew;
  }

  waits(id: CallId): boolean {
    return this.#waiting.has(id);
  }

  /** The call has ended. */
  forget(id: CallId): void {
    this.#waiting.get(id)?.cancel();
    this.#waiting.delete(id);
    this.#gone.delete(id);
  }

  #wait(id: CallId): void {
    const { calls, clock } = this.#deps;
    const call = calls.live(id)?.call;
    if (call === undefined || call.kind === 'terminated' || this.#waiting.has(id)) return;
    if (!isUp({ call })) return this.#giveUp(id);
    this.#waiting.set(
      id,
      clock.after(`rtpengine for ${id}`, LIMIT_MS, () => this.#giveUp(id)),
    );
  }

  /** One that is only being set up is left alone: it is said again with what its phones send once they talk. */
  async #beginAnew(id: CallId): Promise<void> {
    this.#deaf.delete(id);
    const { calls, media, clock } = this.#deps;
    const live = calls.live(id);
    if (live === undefined || !isUp(live) || this.#away || this.#waiting.has(id)) return;
    if (clock.now() - (this.#wentOn.get(live) ?? -LIMIT_MS) < LIMIT_MS) return;
    live.log.error('rtpengine does not read this call any more; it begins anew');
    this.#wait(id);
    // Also where that failed, it is asked what it knows.
    const isDeleted = await media.delete(id).then(
      () => true,
      () => false,
    );
    if (isDeleted && this.#waiting.has(id)) {
      this.#gone.add(id);
      await this.#shun([id]);
    }
    await this.#look(id);
  }

  async #look(id: CallId): Promise<void> {
    const { calls, media, dispatch, clock } = this.#deps;
    if (!this.#waiting.has(id)) return;
    try {
      const isGone = this.#gone.has(id);
      const knows = !isGone && (await media.knows(id));
      const live = calls.live(id);
      if (live !== undefined && !knows && !isGone) await media.shun(toldPorts(live.media));
      if (!this.#waiting.has(id) || live === undefined) return;
      this.forget(id);
      this.#wentOn.set(live, clock.now());
      live.mediaLife += 1;
      dispatch(id, { kind: 'media.back', media: knows ? 'kept' : 'lost' });
    } catch {
      // It does not answer. Whoever watches it says when it does, or nobody has noticed yet.
      clock.after(`rtpengine again for ${id}`, AGAIN_MS, () => {
        if (!this.#away) void this.#look(id);
      });
    }
  }

  #giveUp(id: CallId): void {
    this.forget(id);
    this.#deps.dispatch(id, { kind: 'media.lost' });
  }
}

const isUp = ({ call }: Pick<LiveCall, 'call'>): boolean =>
  call.kind === 'confirmed' && LEG_ROLES.every((role) => call[role].halfOpen !== true);

/** Whoever waits in silence comes before whoever talks. */
export const heldFirst = (live: LiveCall | undefined): number =>
  live?.call.kind === 'confirmed' && live.call.hold.size > 0 ? 0 : 1;
