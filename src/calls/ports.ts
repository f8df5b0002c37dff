/**
 * ports: what calls need from outside, as types only. Adapters implement them; main plugs them in.
 */
import type { Announcement, Prompt } from '#core/hold-music.js';
import type { HoldPolicy } from '#core/hold-policy.js';
import type { ReinviteRefusal } from '#core/inputs.js';
import type { CallId, LegRole, PlaySound } from '#core/leg.js';
import type { HoldMode } from '#core/party.js';
import type { SoundWish } from './sound-commands.js';
import type { StoredLeg } from './store-port.js';

export type { Announcement, Prompt } from '#core/hold-music.js';
export type { PlaySound } from '#core/leg.js';
export type { SoundWish } from './sound-commands.js';
export type { TollPort } from './toll-port.js';

export type LegId = Readonly<{ callId: CallId; role: LegRole }>;

/** One place a number can be reached: the request URI, the next hop where it differs, and how to prove who we are there. */
export type DialTarget = Readonly<{
  /** Request URI: the registered Contact, or the trunk's URI. */
  uri: string;
  /** Where to send it when not to the URI's own host: the flow a phone behind NAT registered on (RFC 5626 §5.3). */
  nextHop?: string | undefined;
  /** Digest credentials for a trunk that challenges us. */
  credentials?: Readonly<{ username: string; password: string }> | undefined;
}>;

export type DialPlanAnswer =
  | Readonly<{ kind: 'targets'; targets: readonly DialTarget[] }>
  | Readonly<{ kind: 'unknown' }>
  | Readonly<{ kind: 'not-registered' }>;

/** On whose behalf a number is looked up: a trunk reaches our phones, never another trunk, or strangers would call at our cost. */
export type Asker = 'inside' | 'trunk';

/** Who can be called; the registrar and the trunks answer. */
export interface BindingsPort {
  find(number: string, asker: Asker): DialPlanAnswer;
  /** @param trunk the one a caller came over; absent: the number says who it is. */
  traits(number: string, trunk?: string): PhoneTraits;
  /** This phone would not have a hold with music (RFC 3264 §8.4); remembered as long as it is registered. */
  holdRefused(number: string): void;
}

/** What the configuration, and experience, say of one phone or trunk. */
export type PhoneTraits = Readonly<{
  kind: 'phone' | 'trunk' | 'stranger';
  /** Of a phone: what those hear whom it holds. Of a trunk: what its callers hear when they are held. */
  music?: string | undefined;
  holdMode: HoldMode | 'auto';
  /** It has refused a hold with music before. */
  refusedMusic: boolean;
  policy?: Partial<HoldPolicy> | undefined;
  /** A program: it speaks G.711 µ-law and nothing else, so rtpengine translates for it. */
  isProgram?: true | undefined;
  /**
   * Reached over TLS, and to be offered SRTP (RFC 4568): its keys would be of no use over anything else. `offered`: a phone that refuses it
   * is asked once more without.
   */
  srtp?: 'offered' | 'required' | undefined;
  /** The addresses that the registrations of a phone come from, or those that the configuration has for a trunk. */
  at?: readonly string[] | undefined;
}>;

export type DialOptions = Readonly<{
  leg: LegId;
  targets: readonly DialTarget[];
  /** Absent: the INVITE carries no offer (RFC 3264 allows the 200 to carry it). */
  offer?: string | undefined;
  /** The number and the display name the called phone shows. */
  fromUser: string;
  fromName?: string | undefined;
  toUser: string;
  autoAnswer: boolean;
  /** RFC 3261 §16.6: passed down so that loops end. */
  maxForwards: number;
  privacy?: boolean | undefined;
  /** RFC 3892: the number on whose behalf a transferred call is made. */
  referredBy?: string | undefined;
}>;

export type SipReason = Readonly<{ cause: number; text: string }>;

/** SIP as calls see it: fire and forget; everything learned comes back through `CallSignals`. */
export interface SignalingPort {
  dial(options: DialOptions): void;
  /** 1xx on a leg we are UAS of; with SDP it is early media. */
  progress(leg: LegId, status: number, sdp?: string): void;
  /** 200 to the INVITE; its ACK comes back as `acked`. */
  accept(leg: LegId, sdp: string): void;
  refuse(leg: LegId, status: number, reason?: string): void;
  /** ACK to the 2xx of a leg we are UAC of. */
  ack(leg: LegId, sdp?: string): void;
  cancel(leg: LegId, reason: SipReason): void;
  bye(leg: LegId, reason: SipReason): void;
  reinvite(leg: LegId, sdp: string): void;
  /** RFC 4028 §7.4: an UPDATE without an offer; the session stays as it is. Comes back as `refresh-answered` or `refresh-refused`. */
  refresh(leg: LegId): void;
  /** OPTIONS in the dialog: is anybody there? Comes back as `probed`. */
  probe(leg: LegId): void;
  /** NOTIFY `Event: talk` or `hold`: asks a phone to do by itself what its own key would do. @returns false: this phone knows no such thing. */
  notifyKey(leg: LegId, key: 'talk' | 'hold'): boolean;
  /** RFC 3515 §2.4.4: how the transfer that this leg's REFER asked for goes on (NOTIFY, message/sipfrag). 200 and above is the last word. */
  referProgress(leg: LegId, status: number, reason: string): void;
  /** RFC 3515: 202 (or a refusal) to the REFER that `refer` reported. @returns false: none waits, it has been answered. */
  answerRefer(leg: LegId, status: number): boolean;
  /** A confirmed dialog goes on as a leg of another call: what comes in on it is reported under `to` from now on. */
  adopt(from: LegId, to: LegId): void;
  answerReinvite(leg: LegId, sdp: string): void;
  refuseReinvite(leg: LegId, status: number, retryAfterSec?: number): void;
  /** The call is over for the owner: forget the dialog once its last transaction has ended. */
  forget(leg: LegId): void;
  /** Enough to go on with this dialog in another life; undefined: there is none. */
  stored(leg: LegId): StoredLeg | undefined;
  /** @param login who we are there, where a trunk asks: that is never stored. */
  restore(leg: LegId, stored: StoredLeg, login: DialTarget['credentials']): void;
}

/** RFC 3428, outside of any call. Every wait in it has an end. */
export interface MessagePort {
  /** @returns the best of the final answers; of a phone that does not answer 408. */
  send(message: OutgoingMessage): Promise<Readonly<{ status: number; reason: string }>>;
}

export type OutgoingMessage = Readonly<{ targets: readonly DialTarget[]; from: string; to: string; text: string }>;

/** What the signaling adapter reports of one leg; `sdp` is absent where the message had no body. */
export type LegSignal =
  | Readonly<{ kind: 'progressed'; status: number; sdp?: string | undefined }>
  | Readonly<{ kind: 'answered'; sdp?: string | undefined }>
  | Readonly<{ kind: 'refused'; status: number; reason: string }>
  | Readonly<{ kind: 'acked'; sdp?: string | undefined }>
  | Readonly<{ kind: 'cancelled' }>
  | Readonly<{ kind: 'bye' }>
  /** The dialog is gone without a BYE from the phone: no ACK, 408, 481, connection lost. */
  | Readonly<{ kind: 'lost'; why: string }>
  | Readonly<{ kind: 'reinvite'; sdp?: string | undefined }>
  | Readonly<{ kind: 'reinvite-acked'; sdp?: string | undefined }>
  /** Our 200 to it could not be sent: the phone has cancelled it, or it has waited too long. The session stays as it was. */
  | Readonly<{ kind: 'reinvite-gone' }>
  | Readonly<{ kind: 'reinvite-answered'; status: number; sdp?: string | undefined }>
  | (Readonly<{ kind: 'reinvite-refused' }> & ReinviteRefusal)
  /** RFC 4028: what a 2xx of a session refresh request (INVITE, UPDATE), sent or received, has agreed. Comes before the signal of the 2xx. */
  | Readonly<{ kind: 'session'; session: SessionTerms }>
  /** A refresh of the phone's came in without an offer (UPDATE without SDP), and was answered 200. */
  | Readonly<{ kind: 'refreshed' }>
  | Readonly<{ kind: 'refresh-answered' }>
  | Readonly<{ kind: 'refresh-refused'; status: number; reason: string }>
  /** Any final answer means that somebody is there; only 408 (none at all) and 481 do not. */
  | Readonly<{ kind: 'probed'; there: boolean; why: string }>
  /** A key was pressed, and an INFO says so. */
  | Readonly<{ kind: 'key'; key: string; ms: number }>
  /** RFC 3515: the phone asks that its peer be connected elsewhere. To be answered with `answerRefer`. */
  | Readonly<{ kind: 'refer'; refer: ReferRequest }>;

/** RFC 4028: what was agreed on one dialog. */
export type SessionTerms = Readonly<{
  /** Absent: no session timer on this dialog. */
  intervalSec?: number | undefined;
  weRefresh: boolean;
  /** The phone takes UPDATE (RFC 3311: it stood in Allow), so a refresh needs no SDP. */
  byUpdate: boolean;
}>;

export type ReferRequest = Readonly<{
  /** The number in Refer-To. */
  to: string;
  /** RFC 3891: the dialog to be replaced, where it is one of ours: the leg of the phone that sent the REFER in its other call. */
  replaces?: LegId | undefined;
  /** It says on whose behalf (RFC 3892 Referred-By). In whose name that is, is known here; what it wrote is not passed on. */
  saysWho: boolean;
}>;

export type IncomingCall = Readonly<{
  fromUser: string;
  fromName?: string | undefined;
  toUser: string;
  offer?: string | undefined;
  maxForwards: number;
  asker: Asker;
  /** The caller asked to be anonymous (RFC 3323); its number is ours to know, not the callee's. */
  privacy: boolean;
  /** RFC 3891: the leg of ours whose place the caller takes. */
  replaces?: LegId | undefined;
  /** It comes from this conference, and no phone. */
  conference?: string | undefined;
  /** The trunk it came from; absent: a phone of ours. */
  trunk?: string | undefined;
}>;

/** What calls offer to the signaling adapter. */
export interface CallSignals {
  /** A new INVITE from somebody who was authenticated. Returns the id its leg (`caller`) is known by from now on. */
  incoming(call: IncomingCall): CallId;
  signal(leg: LegId, signal: LegSignal): void;
  /** May an in-dialog INFO (`key`) or MESSAGE pass from this leg to its peer now? Nothing does while the call is held. */
  mayRelay(leg: LegId, what?: 'key'): boolean;
  /** What is stored of this leg has changed. */
  changed?(leg: LegId): void;
}

export type OfferWays = Readonly<{
  /** Codecs that the other may answer with, because they are translated. */
  more?: readonly string[] | undefined;
  /** RTP profile for the other, where it is not that of the offer. */
  protocol?: string | undefined;
  /** The party is where its SDP says: what comes from elsewhere says nothing of where it is. */
  stays?: boolean | undefined;
}>;

/** rtpengine as calls see it. Tags are our own leg roles. Every promise rejects with MediaFailed or MediaGone. */
export interface MediaPort {
  /** Offer from one party; gives the SDP to send to the other. */
  offer(callId: CallId, from: LegRole, sdp: string, ways?: OfferWays): Promise<string>;
  /** Answer of the other party to the last offer of `offerer`; gives the SDP to send to the offerer. @param stays as in `OfferWays`. */
  answer(callId: CallId, offerer: LegRole, sdp: string, stays?: boolean): Promise<string>;
  /** A first offer made by us, for a leg that is called before anybody else has spoken (RFC 3725 flow IV). */
  firstOffer(callId: CallId, to: LegRole, protocol?: string): Promise<string>;
  /** The answer to a party that talks to nobody but us, and hears what we play. @returns SDP for it, as rtpengine made it. */
  answerOfNobody(callId: CallId, offerer: LegRole, sdp: string): Promise<string>;
  /** Cuts audio, video and DTMF between the parties. Music still reaches them. */
  gate(callId: CallId): Promise<void>;
  ungate(callId: CallId): Promise<void>;
  /** What this party sends is not passed on, whether anybody holds or not. */
  mute(callId: CallId, from: LegRole): Promise<void>;
  unmute(callId: CallId, from: LegRole): Promise<void>;
  /** Starts a sound, or changes to it. Music of a class that is not known is that of `default`, and /health says so. */
  play(callId: CallId, listener: LegRole, sound: PlayedSound): Promise<void>;
  stop(callId: CallId, listener: LegRole): Promise<void>;
  /** Plays something once; what played before goes on afterwards. @returns how long it lasts, in milliseconds. */
  interject(callId: CallId, listener: LegRole, what: Interjection): Promise<number>;
  hasPrompt(name: string): boolean;
  /** Makes ready what a program wants heard. @throws BadRequest: there is no such thing; MediaFailed: it cannot be made */
  makeSound(wish: SoundWish): Promise<PlaySound>;
  /** Over everything else this party hears, until `endPlay`; what it should hear otherwise is heard then. */
  playOver(callId: CallId, listener: LegRole, sound: PlaySound, times: number): Promise<void>;
  endPlay(callId: CallId, listener: LegRole): Promise<void>;
  /**
   * From now on keys of ours may be put into what the parties send. rtpengine wants to be told with an offer and its answer: those that
   * are in force, once more.
   */
  letKeysIn(
    callId: CallId,
    offerer: LegRole,
    inForce: Readonly<{ offer: string; ways: OfferWays; answer: string; answererStays: boolean }>,
  ): Promise<void>;
  /** The peer hears it as a key of this party; as a tone where the peer has not negotiated telephone-event. */
  pressKey(callId: CallId, as: LegRole, key: string, ms: number): Promise<void>;
  /** Seconds since the last RTP packet from each party; undefined: none ever came. */
  silenceSec(callId: CallId): Promise<Readonly<Record<LegRole, number | undefined>>>;
  /** Packets counted leaving for this party that it did not get from its peer, since `play` was last called. */
  musicPackets(callId: CallId): Promise<Readonly<Record<LegRole, number>>>;
  delete(callId: CallId): Promise<void>;
  /** Phones still send there, though the rtpengine that had them is gone: no other call is to have them for a while. Never rejects. */
  shun(ports: readonly SocketAddress[]): Promise<void>;
  /** False: this rtpengine has not heard of the call, or has forgotten it. */
  knows(callId: CallId): Promise<boolean>;
  /** A cut outlives its own rtpengine only when the offer and the answer in force are said once more after it (redis). */
  readonly forgetsGates?: boolean;
}

/** A copy of what one party says. Rejects as MediaPort does. */
export interface TapPort {
  /** @param to a UDP port of ours: G.711 comes there as RTP, PCMU where the party speaks neither law. */
  tap(leg: LegId, to: SocketAddress): Promise<Tap>;
}

export type Tap = Readonly<{
  /** What comes from elsewhere is not it. */
  from: SocketAddress;
  /** The party speaks something else, which is translated. */
  translates: boolean;
  /** Never rejects; ending twice is ending once. */
  end: () => Promise<void>;
}>;

export type SocketAddress = Readonly<{ address: string; port: number }>;

/** What a party hears until it is told otherwise. */
export type PlayedSound =
  | Readonly<{ kind: 'ringback' }>
  | Readonly<{
      kind: 'music';
      /** The class: a folder of sip-config/music. */
      music: string;
      /** A prompt between the music, every so many seconds. */
      announcement?: Announcement | undefined;
    }>;

export type Interjection = Readonly<{ kind: 'beep' }> | Readonly<{ kind: 'prompt'; prompt: Prompt }>;

/** What the music library and rtpengine say of themselves, for /health. */
export type MediaHealth = Readonly<{
  rtpengine: 'up' | 'restarting' | 'down';
  version?: string | undefined;
  music: 'files' | 'generated-tone';
  problems: readonly string[];
}>;
