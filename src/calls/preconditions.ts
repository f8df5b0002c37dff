/**
 * preconditions: what must be true before a call can be asked for something, each with the refusal that says what is not.
 */
import type { Confirmed } from '#core/call.js';
import { mayOffer, otherLeg, type CallId, type LegRole } from '#core/leg.js';
import { leavingOf } from '#core/transfer.js';
import type { MusicWish } from '#core/hold-music.js';
import type { HoldPolicy } from '#core/hold-policy.js';
import { phoneReason } from '#core/hold.js';
import { BadRequest, CallNotFound, NotRegistered, NumberUnknown, WrongMoment } from '#kit/errors.js';
import { stateOf } from './call-view.js';
import type { LiveCall } from './live-call.js';
import type { Asker, BindingsPort, LegId, MediaPort, PhoneTraits } from './ports.js';

export type FindCall = (id: CallId) => LiveCall | undefined;
export type ConfirmedCall = LiveCall & { call: Confirmed };

/** @throws CallNotFound */
export function liveCall(find: FindCall, id: CallId): LiveCall {
  const live = find(id);
  if (live === undefined || live.call.kind === 'terminated') throw new CallNotFound(id);
  return live;
}

/** @throws CallNotFound, WrongMoment in the given words */
export function confirmedCall(find: FindCall, id: CallId, words: string): ConfirmedCall {
  const live = liveCall(find, id);
  if (!isConfirmed(live)) throw new WrongMoment(words, stateOf(live.call));
  return live;
}

const isConfirmed = (live: LiveCall): live is ConfirmedCall => live.call.kind === 'confirmed';

/** @throws NumberUnknown, NotRegistered */
export function mustBeReachable(bindings: BindingsPort, number: string, asker: Asker): void {
  const found = bindings.find(number, asker);
  if (found.kind === 'unknown') throw new NumberUnknown(number);
  if (found.kind === 'not-registered') throw new NotRegistered(number);
}

/** Or who waits would hear nothing where words were wished for, and nobody would be told. @throws BadRequest */
export function mustHavePrompt(media: Pick<MediaPort, 'hasPrompt'>, wish: MusicWish): void {
  const said = wish?.announcement?.prompt;
  if (said !== undefined && 'name' in said && !media.hasPrompt(said.name))
    throw new BadRequest(
      'announcement',
      `announcement.prompt: music.yaml has no prompt ${JSON.stringify(said.name.slice(0, 100))}`,
    );
}

/**
 * Or a hold whose time is up would look for nobody, again and again.
 * @param live whose hold it is; absent: of many calls. @throws NumberUnknown, BadRequest: who waits would be connected with itself.
 */
export function mustLeadOn(
  bindings: Pick<BindingsPort, 'find'>,
  policy: Partial<HoldPolicy> | undefined,
  live?: LiveCall,
  holder: LegRole | 'controller' = 'controller',
): void {
  const { onExpiry } = policy ?? {};
  if (onExpiry?.kind !== 'transfer') return;
  const leaving =
    live === undefined || live.call.kind !== 'confirmed' ? undefined : holder === 'controller' ? leavingOf(live.call) : holder;
  const asker = live === undefined || leaving === undefined ? 'inside' : askerOf(live, leaving);
  if (bindings.find(onExpiry.to, asker).kind === 'unknown') throw new NumberUnknown(onExpiry.to);
  if (leaving !== undefined && live?.call.parties[otherLeg(leaving)] === onExpiry.to)
    throw new BadRequest('onExpiry', `onExpiry: ${onExpiry.to} is who waits`);
}

/** RFC 3891 §3: only whoever is in both calls may join them. @throws CallNotFound */
export function mustBeItsOwn(find: FindCall, phone: PhoneTraits, number: string, { callId, role }: LegId): void {
  const other = find(callId);
  if (other?.call.parties[role] !== number || other.phones[role].kind !== phone.kind) throw new CallNotFound(callId);
}

/** Also a phone that has called itself has two dialogs of one call. @throws BadRequest */
export function mustBeTwo(one: CallId, other: CallId): void {
  if (one === other) throw new BadRequest('toCall', 'a call cannot be joined with itself');
}

/**
 * The party that stays when `role` leaves may go on in another call: it is there, and no offer is open on its dialog (RFC 3261 §14.1).
 * @throws CallNotFound, WrongMoment
 */
export function staysReady(find: FindCall, { callId, role }: LegId): ConfirmedCall {
  const live = confirmedCall(find, callId, 'a call can be taken over once it is answered');
  const staying = live.call[otherLeg(role)];
  if (staying.dialog !== 'confirmed') throw new CallNotFound(callId);
  if (!mayOffer(staying)) throw new WrongMoment('an offer is open on this call', stateOf(live.call));
  return live;
}

/** Who came over a trunk transfers to our phones and no further: else strangers would call at our cost. */
export const askerOf = (live: LiveCall, leaving: LegRole): Asker => (live.phones[leaving].kind === 'phone' ? 'inside' : 'trunk');

/** Nobody but the phone itself can end a hold that was pressed on it, and a conference would not be heard there. @throws WrongMoment */
export function mustNotHold({ call }: Readonly<{ call: Confirmed }>, roles: readonly LegRole[]): void {
  const role = roles.find((one) => call.hold.has(phoneReason(one)));
  if (role !== undefined)
    throw new WrongMoment(`the phone of ${call.parties[role]} holds this call, and only it can end that`, stateOf(call));
}

/** Who listens changes nothing that is heard, and whoever joins a call ends its holds. @throws WrongMoment */
export function mustNotBeHeld({ call }: Readonly<{ call: Confirmed }>): void {
  if (call.hold.size > 0) throw new WrongMoment('this call is held: who listens comes once it is not', stateOf(call));
}
