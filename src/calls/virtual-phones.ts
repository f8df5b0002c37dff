/**
 * virtual-phones: parties that are programs: a conference, a script. To a call each is a phone like others: it is dialled, answers,
 * is held and hangs up, only that no SIP is spoken with it. Every word for a real phone passes through to real signaling.
 */
import { answerFrom, dress } from '#sip/sdp-write.js';
import { directionOf } from '#sip/sdp.js';
import { mirror, type Direction } from '#core/direction.js';
import type { CallId } from '#core/leg.js';
import { AppError } from '#kit/errors.js';
import type { Logger } from '#kit/log.js';
import type { Joined } from './call-facts.js';
import type { CallService } from './call-service.js';
import type { DialOptions, LegId, LegSignal, SignalingPort, SipReason } from './ports.js';
import type { StoredLeg } from './store-port.js';
import { isVirtual, type VirtualNumbers } from './virtual-numbers.js';

/** One party of one call, as the program behind it sees it. */
export interface VirtualParty {
  /**
   * Its session description (SDP that sends and receives): the answer to an INVITE (`invited`) or a re-INVITE, the offer of its own.
   * @throws AppError: the INVITE is refused.
   */
  describe(invited?: Invited): Promise<string>;
  /** It has called, or is called, on this line. */
  calls?(line: VirtualLine): void;
  /** Where the other side takes its media from now on, and what it lets this one do, as that side writes it. Also after each re-INVITE. */
  heard?(sdp: string, direction: Direction): void;
  /** Its line goes on in another call. */
  moved?(): void;
  /** The 2xx has been sent and acknowledged. */
  connected?(): void;
  /** BYE, CANCEL or a refusal, once; also after `describe` was refused. */
  gone?(why: Readonly<{ status?: number | undefined; text: string }>): void;
}

export type Invited = Readonly<{ fromUser: string; fromName?: string | undefined; toUser: string }>;

/** A party's hold on its leg, which keeps its name when the leg goes over to another call. */
export type VirtualLine = Readonly<{ leg: () => LegId; hangUp: () => void }>;

type State = 'asked' | 'asking' | 'up' | 'gone';
type Line = { leg: LegId; state: State; readonly party: VirtualParty; readonly handle: VirtualLine };

export type VirtualPhonesDeps = Readonly<{
  signaling: SignalingPort;
  numbers: Pick<VirtualNumbers, 'of'>;
  calls: Pick<CallService, 'incoming' | 'signal'>;
  log: Logger;
}>;

/** A call of a program's own making. */
export type VirtualInvite = Readonly<{
  fromUser: string;
  fromName?: string | undefined;
  toUser: string;
  conference?: string | undefined;
  /** A dialog of ours that becomes the callee's, instead of a phone that is rung. */
  joined?: Joined | undefined;
}>;

const MAX_FORWARDS = 70; // RFC 3261 §8.1.1.6

export class VirtualPhones implements SignalingPort {
  readonly #deps: VirtualPhonesDeps;
  /** One for each leg that is a program's, so no more than there are legs. */
  readonly #lines = new Map<string, Line>();

  constructor(deps: VirtualPhonesDeps) {
    this.#deps = deps;
  }

  /** A party that has described itself (`offer`) calls. @returns the call. @throws Busy */
  invite(party: VirtualParty, offer: string, { joined, ...who }: VirtualInvite): CallId {
    const line = this.#newLine(party, 'asking');
    const call = { ...who, offer, maxForwards: MAX_FORWARDS, asker: 'inside', privacy: false } as const;
    const callId = this.#deps.calls.incoming(call, joined);
    this.#put(line, { callId, role: 'caller' });
    party.calls?.(line.handle);
    return callId;
  }

  dial(options: DialOptions): void {
    const [target] = options.targets;
    this.#lines.delete(nameOf(options.leg)); // of whom this call rang before, and was cancelled
    if (target === undefined || !isVirtual(target.uri)) return this.#deps.signaling.dial(options);
    this.#deps.signaling.forget(options.leg);
    const virtual = this.#deps.numbers.of(target.uri);
    if (virtual === undefined) return this.#later(options.leg, { kind: 'refused', status: 404, reason: 'Not Found' });
    const line = this.#newLine(virtual.party(), 'asked');
    this.#put(line, options.leg);
    line.party.calls?.(line.handle);
    this.#later(options.leg, { kind: 'progressed', status: 180 });
    void this.#answer(line, options);
  }

  async #answer(line: Line, { offer, fromUser, fromName, toUser }: DialOptions): Promise<void> {
    try {
      const sdp = await line.party.describe({ fromUser, fromName, toUser });
      if (line.state !== 'asked') return; // it was cancelled meanwhile
      line.state = 'up';
      if (offer !== undefined) this.#tell(line, offer);
      this.#signal(line.leg, { kind: 'answered', sdp: offer === undefined ? sdp : answerFrom(offer, sdp) });
      line.party.connected?.();
    } catch (error) {
      const known = error instanceof AppError ? error : undefined;
      if (known === undefined) this.#deps.log.error({ err: error }, 'a program could not answer a call');
      if (line.state !== 'asked') return;
      this.#over(line, { status: known?.sip ?? 500, text: known?.message ?? 'fault' });
      this.#signal(line.leg, { kind: 'refused', status: known?.sip ?? 500, reason: known?.message ?? 'Server Internal Error' });
    }
  }

  progress(leg: LegId, status: number, sdp?: string): void {
    if (this.#find(leg) === undefined) this.#deps.signaling.progress(leg, status, sdp);
  }

  accept(leg: LegId, sdp: string): void {
    const line = this.#find(leg);
    if (line === undefined) return this.#deps.signaling.accept(leg, sdp);
    line.state = 'up';
    this.#tell(line, sdp);
    this.#later(leg, { kind: 'acked' });
    line.party.connected?.();
  }

  refuse(leg: LegId, status: number, reason?: string): void {
    const line = this.#find(leg);
    if (line === undefined) return this.#deps.signaling.refuse(leg, status, reason);
    this.#over(line, { status, text: reason ?? 'refused' });
  }

  ack(leg: LegId, sdp?: string): void {
    const line = this.#find(leg);
    if (line === undefined) return this.#deps.signaling.ack(leg, sdp);
    if (sdp !== undefined) this.#tell(line, sdp); // the answer to an offer that its 2xx carried
  }

  /** As with a phone, nothing more is heard of it: the leg may be another's by then. */
  cancel(leg: LegId, reason: SipReason): void {
    const line = this.#find(leg);
    if (line === undefined) return this.#deps.signaling.cancel(leg, reason);
    this.#over(line, { status: 487, text: reason.text });
  }

  bye(leg: LegId, reason: SipReason): void {
    const line = this.#find(leg);
    if (line === undefined) return this.#deps.signaling.bye(leg, reason);
    this.#over(line, { text: reason.text });
  }

  /** It agrees to everything at once (RFC 3264 §6.1: the mirror of what was offered). */
  reinvite(leg: LegId, sdp: string): void {
    const line = this.#find(leg);
    if (line === undefined) return this.#deps.signaling.reinvite(leg, sdp);
    void line.party.describe().then(
      (ours) => {
        if (line.state === 'gone') return;
        const direction = mirror(directionOf(sdp));
        this.#tell(line, sdp);
        const answer = dress(answerFrom(sdp, ours), { direction, sessionId: '1', version: 1n });
        this.#signal(line.leg, { kind: 'reinvite-answered', status: 200, sdp: answer });
      },
      (error: unknown) => {
        this.#deps.log.warn({ err: error, ...line.leg }, 'a program refused a re-INVITE');
        this.#signal(line.leg, { kind: 'reinvite-refused', status: 488, reason: 'Not Acceptable Here' });
      },
    );
  }

  refresh(leg: LegId): void {
    if (this.#find(leg) === undefined) return this.#deps.signaling.refresh(leg);
    this.#later(leg, { kind: 'refresh-answered' });
  }

  probe(leg: LegId): void {
    if (this.#find(leg) === undefined) return this.#deps.signaling.probe(leg);
    this.#later(leg, { kind: 'probed', there: true, why: 'a program' });
  }

  notifyKey(leg: LegId, key: 'talk' | 'hold'): boolean {
    return this.#find(leg) === undefined && this.#deps.signaling.notifyKey(leg, key);
  }

  referProgress(leg: LegId, status: number, reason: string): void {
    if (this.#find(leg) === undefined) this.#deps.signaling.referProgress(leg, status, reason);
  }

  answerRefer(leg: LegId, status: number): boolean {
    return this.#find(leg) === undefined && this.#deps.signaling.answerRefer(leg, status);
  }

  adopt(from: LegId, to: LegId): void {
    const line = this.#find(from);
    if (line === undefined) return this.#deps.signaling.adopt(from, to);
    this.#lines.delete(nameOf(from));
    this.#put(line, to);
    line.party.moved?.();
  }

  /** No program sends re-INVITEs. */
  answerReinvite(leg: LegId, sdp: string): void {
    if (this.#find(leg) === undefined) this.#deps.signaling.answerReinvite(leg, sdp);
  }

  refuseReinvite(leg: LegId, status: number, retryAfterSec?: number): void {
    if (this.#find(leg) === undefined) this.#deps.signaling.refuseReinvite(leg, status, retryAfterSec);
  }

  forget(leg: LegId): void {
    const line = this.#find(leg);
    if (line === undefined) return this.#deps.signaling.forget(leg);
    this.#over(line, { text: 'forgotten' });
    this.#lines.delete(nameOf(leg));
  }

  /** A program ends with us, and comes back as another. */
  stored(leg: LegId): StoredLeg | undefined {
    return this.#find(leg) === undefined ? this.#deps.signaling.stored(leg) : undefined;
  }

  restore(...kept: Parameters<SignalingPort['restore']>): void {
    this.#deps.signaling.restore(...kept);
  }

  #newLine(party: VirtualParty, state: State): Line {
    // A leg has its name once its call has: until then nobody can speak of it.
    const leg: LegId = { callId: '' as CallId, role: 'caller' };
    const line: Line = { leg, state, party, handle: { leg: () => line.leg, hangUp: () => this.#hangUp(line) } };
    return line;
  }

  #put(line: Line, leg: LegId): void {
    line.leg = leg;
    this.#lines.set(nameOf(leg), line);
  }

  #hangUp(line: Line): void {
    const was = line.state;
    if (was === 'gone' || line.leg.callId === '') return;
    if (was === 'asked') this.#later(line.leg, { kind: 'refused', status: 480, reason: 'Temporarily Unavailable' });
    else this.#later(line.leg, { kind: was === 'up' ? 'bye' : 'cancelled' });
    this.#over(line, { text: 'hung up' });
  }

  #tell(line: Line, sdp: string): void {
    line.party.heard?.(sdp, directionOf(sdp));
  }

  #over(line: Line, why: Readonly<{ status?: number; text: string }>): void {
    if (line.state === 'gone') return;
    line.state = 'gone';
    line.party.gone?.(why);
  }

  #find(leg: LegId): Line | undefined {
    return this.#lines.get(nameOf(leg));
  }

  #signal(leg: LegId, signal: LegSignal): void {
    this.#deps.calls.signal(leg, signal);
  }

  /** Nobody is answered while still speaking: whoever asks is in the middle of a step. */
  #later(leg: LegId, signal: LegSignal): void {
    setImmediate(() => this.#signal(leg, signal));
  }
}

const nameOf = ({ callId, role }: LegId): string => `${callId} ${role}`;
