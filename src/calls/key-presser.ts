/**
 * key-presser: presses keys in a party's name, one after the other, as its peer would hear them from a phone. Whether anybody may be heard
 * is asked before each: a hold that begins meanwhile ends it.
 */
import { otherLeg, type LegRole } from '#core/leg.js';
import type { Clock } from '#kit/clock.js';
import { Busy, WrongMoment } from '#kit/errors.js';
import { stateOf } from './call-view.js';
import type { HeardKeys } from './heard-keys.js';
import type { LiveCall } from './live-call.js';
import type { MediaPort } from './ports.js';

export type KeyPresserDeps = Readonly<{
  media: Pick<MediaPort, 'pressKey'>;
  heard: Pick<HeardKeys, 'ours'>;
  clock: Clock;
}>;

/** RFC 4733 §2.5.1.1 and what networks understand: 100 ms of tone, 100 ms of pause. */
const TONE_MS = 100;
const EACH_MS = 200;
const PAUSE_MS = 500;
/** rtpengine must have seen a few packets of the peer before: a key that comes too soon is lost, and those behind it (measured). */
const FIRST_MS = 150;
const MOST_KEYS = 200;
const MOST_LINES = 1000;

/** What is still to be pressed, heard by `to`. */
type Line = Readonly<{ name: string; live: LiveCall; to: LegRole; keys: string[] }>;

export class KeyPresser {
  readonly #deps: KeyPresserDeps;
  readonly #lines = new Map<string, Line>();

  constructor(deps: KeyPresserDeps) {
    this.#deps = deps;
  }

  /** @returns when the first is pressed, or they wait behind others. @throws WrongMoment, Busy, MediaFailed, MediaGone */
  async press(live: LiveCall, to: LegRole, keys: string): Promise<void> {
    const why = whyNot(live, to);
    if (why !== undefined) throw new WrongMoment(why, stateOf(live.call));
    const name = `${live.call.id} ${to}`;
    const waiting = this.#lines.get(name);
    if (waiting !== undefined) {
      if (waiting.keys.length + keys.length > MOST_KEYS) throw new Busy('too many keys wait to be pressed', 5);
      return void waiting.keys.push(...keys);
    }
    if (this.#lines.size >= MOST_LINES) throw new Busy('keys are being pressed in too many calls', 5);
    const line = { name, live, to, keys: [...keys] };
    this.#lines.set(name, line);
    try {
      const ready = live.lane.then(() => live.media.letKeysIn());
      live.lane = ready.then(
        () => undefined,
        () => undefined,
      );
      if ((await ready) === 'new') await this.#wait(FIRST_MS);
      await this.#next(line);
    } catch (error) {
      this.#lines.delete(name);
      throw error;
    }
  }

  #wait(ms: number): Promise<void> {
    return new Promise((resolve) => this.#deps.clock.after('keys are let in', ms, resolve));
  }

  /** Presses one; the next has its own time. */
  async #next(line: Line): Promise<void> {
    const key = line.keys.shift()?.toUpperCase();
    if (key === undefined || whyNot(line.live, line.to) !== undefined) return void this.#lines.delete(line.name);
    const isPause = key === ',' || key === 'W';
    if (!isPause) await this.#press(line, key);
    this.#deps.clock.after(`keys of ${line.name}`, isPause ? PAUSE_MS : EACH_MS, () => {
      this.#next(line).catch((error: unknown) => {
        this.#lines.delete(line.name);
        line.live.log.warn({ err: error, to: line.to }, 'keys could not be pressed');
      });
    });
  }

  async #press({ live, to }: Line, key: string): Promise<void> {
    const { media, heard } = this.#deps;
    heard.ours(live.call.id, otherLeg(to), key);
    await media.pressKey(live.call.id, otherLeg(to), key, TONE_MS);
  }
}

/** Keys travel in what the peer sends, and go where its voice may go. */
function whyNot({ call }: LiveCall, to: LegRole): string | undefined {
  if (call.kind !== 'confirmed') return 'keys can be pressed once the call is answered';
  if (call.hold.size > 0 || call.gated) return 'the call is held, and nobody is heard through a hold';
  if (call.caller.dialog !== 'confirmed' || call.callee.dialog !== 'confirmed') return 'a party has left';
  if (call.caller.halfOpen === true) return 'the call is still being connected';
  if (call[to].playing !== undefined) return `the ${to} is being played something`;
  if (call.muted[otherLeg(to)]) return `the ${otherLeg(to)} is muted, and keys travel in what it sends`;
  return undefined;
}
