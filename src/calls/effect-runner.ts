/**
 * effect-runner: performs what step() asked for. Effects that need media wait in the call's lane, in order; words that must not wait
 * for a slow media server (refusals, CANCEL, BYE, ACK) go out at once. Decides nothing: what it learns goes back as inputs.
 */
import { answerTo } from '#core/direction.js';
import type { Effect } from '#core/effects.js';
import type { CallEvent } from '#core/events.js';
import { isOvertaken } from '#core/forward.js';
import type { Input, TimerName } from '#core/inputs.js';
import type { CallId, LegRole } from '#core/leg.js';
import { glareWindowMs } from '#core/glare.js';
import type { Clock } from '#kit/clock.js';
import { AppError, assertNever, MediaGone } from '#kit/errors.js';
import { dialRequestOf } from './dial-request.js';
import { meaningOf } from './failed-effect.js';
import type { Mark } from './hold-watch.js';
import { isOnlyMedia, isSound, type LaneEffect } from './lane-effects.js';
import type { LiveCall } from './live-call.js';
import type { MediaChange } from './media-session.js';
import { playAgain } from './play-again.js';
import type { BindingsPort, MediaPort, SignalingPort } from './ports.js';

export type RunnerDeps = Readonly<{
  signaling: SignalingPort;
  media: MediaPort;
  bindings: BindingsPort;
  clock: Clock;
  ringMs: number;
  random: () => number;
  dispatch: (id: CallId, input: Input) => void;
  publish: (event: CallEvent) => void;
  /** Something beside the value has changed. */
  changed: (live: LiveCall) => void;
  /** The call has ended and its media is deleted: nothing refers to it any more. */
  forget: (id: CallId) => void;
  /** The caller of this call waits in another one, and comes over. */
  takeOver: (id: CallId) => Promise<void> | undefined;
  askTransfer: (id: CallId, leaving: LegRole, to: string) => void;
  /** rtpengine has not done what the call cannot be without. */
  mediaFailed: (id: CallId) => void;
  /** It is away, and everything will be said anew when it is back. */
  mediaAway: (id: CallId) => boolean;
}>;

export class EffectRunner {
  readonly #deps: RunnerDeps;

  constructor(deps: RunnerDeps) {
    this.#deps = deps;
  }

  run(live: LiveCall, effects: readonly Effect[]): void {
    let batch: LaneEffect[] = [];
    const queueBatch = (): void => {
      if (batch.length > 0) this.#queue(live, batch);
      batch = [];
    };
    for (const effect of effects) {
      if (this.#isDone(live, effect)) continue;
      const laneEffect = effect as LaneEffect;
      const first = batch[0];
      if (first !== undefined && !(isSound(first) && isSound(laneEffect) && first.kind === laneEffect.kind)) queueBatch();
      batch.push(laneEffect);
    }
    queueBatch();
  }

  /** One word that cannot be said must not keep the others back, nor the end of the call. */
  #isDone(live: LiveCall, effect: Effect): boolean {
    try {
      return this.#atOnce(live, effect);
    } catch (error) {
      live.log.error({ err: error, effect: effect.kind }, 'an effect failed');
      return true;
    }
  }

  /** @returns true when the effect was performed and need not wait for media. */
  #atOnce(live: LiveCall, effect: Effect): boolean {
    const { signaling } = this.#deps;
    const { id } = live.call;
    switch (effect.kind) {
      case 'refuse':
        signaling.refuse({ callId: id, role: effect.leg }, effect.status, effect.reason);
        return true;
      case 'cancel':
        signaling.cancel({ callId: id, role: effect.leg }, { cause: effect.cause, text: effect.text });
        return true;
      case 'send-bye':
        signaling.bye({ callId: id, role: effect.leg }, { cause: effect.cause, text: effect.text });
        return true;
      case 'ack':
        if (effect.answer) return false;
        signaling.ack({ callId: id, role: effect.leg });
        return true;
      case 'refuse-reinvite':
        live.media.refuse(effect.leg);
        // RFC 3261 §14.2: 500 comes with a Retry-After of 0 to 10 seconds.
        signaling.refuseReinvite(
          { callId: id, role: effect.leg },
          effect.status,
          effect.status === 500 ? Math.floor(this.#deps.random() * 11) : undefined,
        );
        return true;
      case 'start-timer':
        this.startTimer(live, effect.timer, effect.ms ?? live.dialFacts.ringMs ?? this.#deps.ringMs);
        return true;
      case 'start-glare-timer':
        this.startTimer(live, `glare-${effect.leg}`, glareWindowMs(effect.ownsCallId, this.#deps.random));
        return true;
      case 'stop-timer':
        live.timers.get(effect.timer)?.cancel();
        live.timers.delete(effect.timer);
        live.dueMs.delete(effect.timer);
        return true;
      case 'send-refresh':
        signaling.refresh({ callId: id, role: effect.leg });
        return true;
      case 'ask-transfer':
        this.#deps.askTransfer(id, effect.leaving, effect.to);
        return true;
      case 'remember-refusal':
        this.#deps.bindings.holdRefused(live.call.parties[effect.leg]);
        return true;
      case 'publish':
        this.#deps.publish(effect.event);
        return true;
      default:
        return false;
    }
  }

  startTimer(live: LiveCall, timer: TimerName, ms: number): void {
    live.timers.get(timer)?.cancel();
    const { id } = live.call;
    live.dueMs.set(timer, this.#deps.clock.now() + ms);
    live.timers.set(
      timer,
      this.#deps.clock.after(`${timer} ${id}`, ms, () => {
        live.dueMs.delete(timer);
        this.#deps.dispatch(id, { kind: 'timer.fired', timer });
      }),
    );
  }

  #queue(live: LiveCall, batch: readonly LaneEffect[]): void {
    const life = live.mediaLife;
    live.lane = live.lane.then(async () => {
      await Promise.all(
        batch.map((effect) =>
          this.#perform(live, effect).catch((error: unknown) => this.#failed(live, effect, error, life !== live.mediaLife)),
        ),
      );
      // What was said to a phone is part of the call.
      if (!batch.every(isOnlyMedia)) this.#deps.changed(live);
    });
  }

  async #perform(live: LiveCall, effect: LaneEffect): Promise<void> {
    const { id } = live.call;
    const { media, signaling } = this.#deps;
    if (live.call.kind === 'terminated' && effect.kind !== 'delete-media') return; // it ended while this waited
    switch (effect.kind) {
      case 'dial':
        return isOvertaken(live.call, effect) ? undefined : this.#dial(live, effect);
      case 'progress': {
        const { call } = live;
        const direction = answerTo(call.kind === 'terminated' ? 'sendrecv' : call.caller.media.remote, 'sendrecv');
        const sdp = effect.earlyMedia ? await live.media.answerForCaller(direction) : undefined;
        return signaling.progress({ callId: id, role: effect.leg }, effect.status, sdp);
      }
      case 'bridge-early':
        return void (await live.media.applyAnswer('callee'));
      case 'accept': {
        live.hasMedia = true;
        const late = live.call.kind === 'confirmed' && live.call.caller.offerAnswer.kind === 'awaiting-answer-in-ack';
        const sdp = late ? await live.media.lateOfferForCaller() : await live.media.answerForCaller(effect.direction);
        return signaling.accept({ callId: id, role: 'caller' }, sdp);
      }
      case 'ack':
        return signaling.ack(
          { callId: id, role: effect.leg },
          effect.answer ? await live.media.lateAnswerForCallee(effect.direction) : undefined,
        );
      case 'apply-answer':
        return this.#changed(live, effect.leg, await live.media.applyAnswer(effect.leg));
      case 'send-reinvite':
        signaling.reinvite({ callId: id, role: effect.leg }, live.media.reoffer(effect.leg, effect.direction));
        return this.#note(live, { kind: 'reinvite-sent', leg: effect.leg });
      case 'answer-reinvite':
        return this.#answerReinvite(live, effect);
      case 'apply-reanswer':
        return this.#changed(live, effect.leg, await live.media.applyReanswer(effect.leg));
      case 'gate':
      case 'ungate':
        await media[effect.kind](id);
        if (effect.kind === 'gate') await live.media.sayAgain();
        return this.#note(live, { kind: effect.kind });
      case 'mute':
      case 'unmute':
        await media[effect.kind](id, effect.leg);
        return effect.kind === 'mute' ? live.media.sayAgain() : undefined;
      case 'play':
        await media.play(id, effect.leg, effect.sound === 'music' ? { kind: 'music', ...effect.music } : { kind: 'ringback' });
        return this.#note(live, { kind: 'music-started', leg: effect.leg });
      case 'remind':
        await media.interject(id, effect.leg, { kind: 'beep' });
        return;
      case 'play-over':
        return media.playOver(id, effect.leg, effect.play.sound, effect.play.times);
      case 'end-play':
        return media.endPlay(id, effect.leg);
      case 'take-over':
        return this.#deps.takeOver(id);
      case 'anchor-again':
        return live.media.anchorAgain();
      case 'stop-sound':
        return media.stop(id, effect.leg);
      case 'delete-media':
        if (live.hasMedia) await media.delete(id);
        return this.#deps.forget(id);
      default:
        return assertNever(effect);
    }
  }

  async #dial(live: LiveCall, effect: Extract<Effect, { kind: 'dial' }>): Promise<void> {
    const { id, parties } = live.call;
    if (live.call.kind === 'ringing' && live.call.adopted !== undefined && effect.leg === 'callee') return this.#askAdopted(live);
    const number = parties[effect.leg];
    const found = this.#deps.bindings.find(number, live.dialFacts.asker);
    if (found.kind !== 'targets') {
      const [status, reason] =
        found.kind === 'unknown' ? ([404, 'Not Found'] as const) : ([480, 'Temporarily Unavailable'] as const);
      return this.#deps.dispatch(id, { kind: 'leg.refused', leg: effect.leg, status, reason });
    }
    if (effect.offer !== 'none') live.hasMedia = true;
    const offer = await live.media.offerFor(effect.leg, effect.offer);
    live.dialled = effect;
    if (live.call.kind === 'terminated' || isOvertaken(live.call, effect)) return;
    this.#deps.signaling.dial(dialRequestOf(live, effect, found.targets, offer));
  }

  /** The callee's dialog is there already: its media is new, and a re-INVITE says so. */
  async #askAdopted(live: LiveCall): Promise<void> {
    live.hasMedia = true;
    const offer = await live.media.offerFor('callee', 'from-peer');
    if (live.call.kind === 'terminated' || offer === undefined) return;
    this.#deps.signaling.reinvite({ callId: live.call.id, role: 'callee' }, offer);
  }

  async #answerReinvite(live: LiveCall, effect: Extract<Effect, { kind: 'answer-reinvite' }>): Promise<void> {
    const leg = { callId: live.call.id, role: effect.leg };
    if (effect.ourOffer) return this.#deps.signaling.answerReinvite(leg, live.media.reoffer(effect.leg, effect.direction));
    // rtpengine would make a new call of the same name, with ports that nobody else is told.
    if (this.#deps.mediaAway(live.call.id)) {
      live.media.refuse(effect.leg);
      throw new MediaGone(live.call.id);
    }
    const { sdp, change } = await live.media.answerReoffer(effect.leg, effect.direction);
    this.#deps.signaling.answerReinvite(leg, sdp);
    return this.#changed(live, effect.leg, change);
  }

  async #changed(live: LiveCall, leg: LegRole, change: MediaChange): Promise<void> {
    if (!change.changed) return;
    const { call } = live;
    if (call.kind === 'confirmed') await playAgain(this.#deps.media, call.id, call[leg]);
    this.#deps.dispatch(call.id, { kind: 'media.changed', leg, peerStale: change.peerStale });
  }

  /** @param stale rtpengine has come back since it was asked for, and everything is being said to it anew. */
  #failed(live: LiveCall, effect: LaneEffect, error: unknown, stale: boolean): void {
    const { id } = live.call;
    const known = error instanceof AppError ? error : undefined;
    live.log.warn({ err: known?.message ?? error, effect: effect.kind }, 'media refused or failed');
    if (effect.kind === 'answer-reinvite') {
      this.#deps.signaling.refuseReinvite({ callId: id, role: effect.leg }, known?.sip ?? 500);
      this.#deps.dispatch(id, { kind: 'reinvite.answer-failed', leg: effect.leg });
    }
    const meaning = meaningOf(effect, error, { stale, away: this.#deps.mediaAway(id) });
    switch (meaning.kind) {
      case 'forget':
        return this.#deps.forget(id);
      case 'media':
        return this.#deps.mediaFailed(id);
      case 'tell':
        return this.#deps.dispatch(id, meaning.input);
      case 'nothing':
        return;
      default:
        return assertNever(meaning);
    }
  }

  #note(live: LiveCall, mark: Mark): void {
    for (const watch of live.watches) watch.note(mark);
  }
}
