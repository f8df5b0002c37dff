/**
 * hold: the ledger of who holds a call and why, and the plan that brings the world in line with it.
 * Wish (the ledger) and fact (what each leg agreed to) are different fields; the plan is their difference.
 * Knows nothing of SIP transactions: modify.ts drives the plan through real dialogs.
 */
import { answerTo, receives, sends, type Direction } from './direction.js';
import type { HoldReason } from './events.js';
import { dueMusic, sameMusic, type HoldMusic, type MusicHabits, type MusicWish } from './hold-music.js';
import type { HoldPolicy } from './hold-policy.js';
import { LEG_ROLES, localDirection, mayOffer, otherLeg, type Leg, type LegRole } from './leg.js';
import type { HoldMode, PartyTraits } from './party.js';

/** What one hold asks for beside the hold itself. */
export type HoldTerms = Readonly<{
  music?: MusicWish;
  policy?: HoldPolicy | undefined;
  /** Who holds hears nothing meanwhile, also when the other party holds too. */
  deaf?: true | undefined;
  /** The program that asked, where several may hold for one reason: hold-programs.ts. */
  by?: string | undefined;
  under?: readonly HoldTerms[] | undefined;
}>;

/** Audio flows only when it is empty. One owner's resume never lifts another's hold. */
export type HoldLedger = ReadonlyMap<HoldReason, HoldTerms>;

export const NOBODY_HOLDS: HoldLedger = new Map();

const API_REASONS = { controller: 'controller', caller: 'caller-api', callee: 'callee-api' } as const;
const PHONE_REASONS = { caller: 'caller-phone', callee: 'callee-phone' } as const;

export const apiReason = (holder: 'controller' | LegRole): HoldReason => API_REASONS[holder];
export const phoneReason = (role: LegRole): HoldReason => PHONE_REASONS[role];

/** Whose hold it is; undefined: a program's. */
export const holderOf = (reason: HoldReason): LegRole | undefined =>
  reason === 'controller' ? undefined : reason.startsWith('caller') ? 'caller' : 'callee';

/** Does this reason make `role` the held party? */
const holdsParty = (reason: HoldReason, role: LegRole): boolean => holderOf(reason) !== role;

/** A leg is held by whoever else holds the call. */
export function isHeld(ledger: HoldLedger, role: LegRole): boolean {
  for (const reason of ledger.keys()) if (holdsParty(reason, role)) return true;
  return false;
}

/** Music is wanted for a held leg when at least one of those who hold it asked for it. */
function wantsMusic(ledger: HoldLedger, role: LegRole): boolean {
  for (const [reason, terms] of ledger) if (holdsParty(reason, role) && terms.music !== null) return true;
  return false;
}

/** Of several who hold a party the first in this order has the say: who chose the music, and that by a program. */
const SAY: readonly string[] = ['controller', 'api', 'transfer', 'park', 'phone'];
const sayOf = ([reason, { music }]: readonly [HoldReason, HoldTerms]): number =>
  SAY.findIndex((word) => reason.endsWith(word)) + (music === undefined ? SAY.length : 0);

/** What this held leg should hear; null: nothing. */
export function musicFor(ledger: HoldLedger, role: LegRole, habits: MusicHabits): HoldMusic | null {
  const holds = [...ledger].filter(([reason, { music }]) => holdsParty(reason, role) && music !== null);
  const [first] = holds.sort((one, other) => sayOf(one) - sayOf(other));
  if (first === undefined) return null;
  const [reason, { music }] = first;
  return music ?? { music: dueMusic(habits, holderOf(reason), role) };
}

/** What each program asked for that holds for this reason, the oldest first. */
export function programsOf(terms: HoldTerms | undefined): readonly HoldTerms[] {
  if (terms === undefined) return [];
  const { under = [], ...last } = terms;
  return [...under, last];
}

/** It holds the other and wants to hear nothing: then only what a program, or a party that leaves, has it wait for is heard. */
function isDeaf(ledger: HoldLedger, role: LegRole): boolean {
  const terms = ledger.get(apiReason(role));
  if (terms === undefined || !programsOf(terms).some(({ deaf }) => deaf === true)) return false;
  const other = otherLeg(role);
  for (const reason of ledger.keys()) {
    if (holdsParty(reason, role) && reason !== apiReason(other) && reason !== phoneReason(other)) return false;
  }
  return true;
}

/** RFC 3264 §8.4, seen from the B2BUA: what we wish to write toward this leg. */
export function wantedDirection(ledger: HoldLedger, role: LegRole, mode: HoldMode = 'sendonly'): Direction {
  // It hears music, and we ignore its audio; some phones take no other hold than one without any.
  if (isHeld(ledger, role))
    return wantsMusic(ledger, role) && mode !== 'inactive' && !isDeaf(ledger, role) ? 'sendonly' : 'inactive';
  if (ledger.has(phoneReason(role))) return 'recvonly'; // this phone pressed hold itself
  if (ledger.size > 0) return 'inactive'; // holds through the API, or is about to leave: hears nothing, is not heard
  return 'sendrecv';
}

/**
 * What we offer when the phone asks us to offer (RFC 6337 §5.3, RFC 3261 §14.2: as for a brand-new call): its own hold
 * is its own to lift, so we leave it room to.
 */
export function freshOfferDirection(ledger: HoldLedger, role: LegRole, mode: HoldMode = 'sendonly'): Direction {
  return wantedDirection(withoutReason(ledger, phoneReason(role)), role, mode);
}

export type HoldIntent = 'hold' | 'resume' | 'none';

/** RFC 6337 §5.3: what a phone means by the direction it offers. Never called for an answer: an answer never begins a hold. */
export function intentOf(ledger: HoldLedger, leg: Leg, offered: Direction): HoldIntent {
  if (ledger.has(phoneReason(leg.role))) return receives(offered) ? 'resume' : 'none';
  if (offered === 'sendonly') return 'hold';
  // It refuses what we send it; when we send it nothing, inactive is a refresh and nothing new.
  if (offered === 'inactive') return sends(localDirection(leg.media)) ? 'hold' : 'none';
  return 'none';
}

export const withReason = (ledger: HoldLedger, reason: HoldReason, terms: HoldTerms): HoldLedger =>
  new Map(ledger).set(reason, terms);

export function withoutReason(ledger: HoldLedger, reason: HoldReason): HoldLedger {
  const smaller = new Map(ledger);
  smaller.delete(reason);
  return smaller;
}

export type HoldStep =
  | Readonly<{ kind: 'gate' }>
  /**
   * RFC 3264 §5.1: what this party says it does not send, or the other that it does not receive, is not passed on; nor whom a program
   * has muted, nor anybody to a party that a program plays something to.
   */
  | Readonly<{ kind: 'mute' | 'unmute'; leg: LegRole }>
  | Readonly<{ kind: 'answer'; leg: LegRole; direction: Direction }>
  | Readonly<{ kind: 'stop-music'; leg: LegRole }>
  | Readonly<{ kind: 'reinvite'; leg: LegRole; direction: Direction }>
  /** RFC 4028, or after a restart: the session is said again, unchanged. */
  | Readonly<{ kind: 'refresh'; leg: LegRole; byUpdate: boolean; direction: Direction }>
  /** Also a change from one music to another. */
  | Readonly<{ kind: 'start-music'; leg: LegRole; music: HoldMusic }>
  | Readonly<{ kind: 'ungate' }>;

/** The facts a plan needs: both legs, and whether rtpengine has cut them apart. */
export type HoldFacts = Readonly<{
  gated: boolean;
  /** Whose voice rtpengine keeps from the other, hold or not. */
  muted: Readonly<Record<LegRole, boolean>>;
  caller: Leg;
  callee: Leg;
  traits: PartyTraits;
}>;

export type OfferToAnswer = Readonly<{ leg: LegRole; offered: Direction }>;

/** True when this leg must be told something it has neither accepted nor refused. */
export function needsReinvite(leg: Leg, wanted: Direction): boolean {
  if (leg.dialog === 'terminated') return false; // that party has left
  if (leg.refused?.direction === wanted) return false; // asked once, refused once: not again until something changes
  return leg.media.advertised !== wanted || leg.media.stale;
}

/** Until it has taken an offer that says it hears nothing, and when it has refused that, a party hears what was agreed before. */
function inForce({ refused, media }: Leg, wanted: Direction): Direction {
  const isRefused = refused?.direction === wanted;
  const hearsStill = media.sound === 'music' && media.advertised !== wanted && sends(media.advertised);
  return isRefused || (hearsStill && !sends(wanted)) ? media.advertised : wanted;
}

/**
 * The difference between what the ledger asks for and what the world has been told, in the order it must happen:
 * media is cut before any SIP is sent and let through only when nobody holds and both legs have had their say.
 */
export function planHold(ledger: HoldLedger, facts: HoldFacts, answering?: OfferToAnswer): readonly HoldStep[] {
  const gate: HoldStep[] = ledger.size > 0 && !facts.gated ? [{ kind: 'gate' }] : [];
  const answer: HoldStep[] = [];
  const stop: HoldStep[] = [];
  const reinvite: HoldStep[] = [];
  const start: HoldStep[] = [];
  let everybodyToldSo = true;
  for (const role of LEG_ROLES) {
    const leg = facts[role];
    const wanted = wantedDirection(ledger, role, facts.traits.modes[role]);
    const isAnswered = answering?.leg === role;
    if (isAnswered) {
      answer.push({ kind: 'answer', leg: role, direction: answerTo(answering.offered, wanted) });
    } else if (needsReinvite(leg, wanted)) {
      everybodyToldSo = false;
      if (mayOffer(leg)) reinvite.push({ kind: 'reinvite', leg: role, direction: wanted });
    } else if (leg.offerAnswer.kind === 'have-local-offer') {
      everybodyToldSo = false;
    } else if ((leg.session?.turn === 'due' || leg.unsure === true) && mayOffer(leg)) {
      // An UPDATE without an offer says nothing of directions, but it keeps the session: the rest comes after it.
      const byUpdate = leg.session?.turn === 'due' && leg.session.byUpdate;
      reinvite.push({ kind: 'refresh', leg: role, byUpdate, direction: leg.media.advertised });
    }
    const remote = isAnswered ? answering.offered : leg.media.remote;
    const hears = sends(inForce(leg, wanted)) && receives(remote) && leg.halfOpen !== true && leg.dialog !== 'terminated';
    const music = isHeld(ledger, role) && hears ? musicFor(ledger, role, facts.traits.music) : null;
    const { sound } = leg.media;
    if (music === null) {
      if (sound === 'music') stop.push({ kind: 'stop-music', leg: role });
    } else if ((sound !== 'music' && sound !== 'failed') || !sameMusic(leg.media.music, music)) {
      start.push({ kind: 'start-music', leg: role, music });
    }
  }
  const ungate: HoldStep[] = ledger.size === 0 && facts.gated && everybodyToldSo ? [{ kind: 'ungate' }] : [];
  // Behind the gate nobody is heard anyway; who has which say is seen to when it opens.
  const open = ledger.size === 0 && (!facts.gated || ungate.length > 0);
  return [...gate, ...answer, ...stop, ...reinvite, ...start, ...(open ? mutes(facts, answering) : []), ...ungate];
}

/**
 * A phone's own restriction counts: what it leaves out although we have offered it. What we did not offer, because somebody held it
 * and it has not taken the news of the resume, is no wish of its own.
 */
function mutes(facts: HoldFacts, answering: OfferToAnswer | undefined): readonly HoldStep[] {
  const says = (role: LegRole): Readonly<{ remote: Direction; offered: Direction }> => {
    const { media } = facts[role];
    return answering?.leg === role
      ? { remote: answering.offered, offered: 'sendrecv' }
      : { remote: media.remote, offered: media.advertised };
  };
  const keepsSilent = (role: LegRole): boolean => !sends(says(role).remote) && receives(says(role).offered);
  const keepsDeaf = (role: LegRole): boolean => !receives(says(role).remote) && sends(says(role).offered);
  return LEG_ROLES.flatMap((role): HoldStep[] => {
    const peer = otherLeg(role);
    const byProgram = facts[role].silenced === true || facts[peer].playing !== undefined;
    const silent = byProgram || keepsSilent(role) || keepsDeaf(peer);
    if (silent === facts.muted[role]) return [];
    return [{ kind: silent ? 'mute' : 'unmute', leg: role }];
  });
}
