/**
 * open-offers: a command that takes a dialog into another call waits until no offer is open on it: a program that hears `call.answered` is often
 * faster than the caller's ACK, and its wish is none the worse for it. A phone that asks for the same is refused at once, as SIP wants it (491).
 */
import { LEG_ROLES, mayOffer, type CallId } from '#core/leg.js';
import type { Clock } from '#kit/clock.js';
import type { Command, CommandPort, Outcome } from './commands.js';
import type { LiveCall } from './live-call.js';
import type { FindCall } from './preconditions.js';

/** A phone that has not answered by then is one that the client should hear of: longer than the second repetition of what it may have lost. */
export const OPEN_OFFER_MS = 2000;

export class OpenOffers implements CommandPort {
  readonly #commands: CommandPort;
  readonly #find: FindCall;
  readonly #clock: Clock;

  constructor(commands: CommandPort, find: FindCall, clock: Clock) {
    this.#commands = commands;
    this.#find = find;
    this.#clock = clock;
  }

  /** @throws as CommandPort; WrongMoment of what is behind it where the offer is open still. */
  async execute(command: Command): Promise<Outcome> {
    const waits = movedBy(command).flatMap((moved) => this.#closed(moved) ?? []);
    if (waits.length > 0) await Promise.all(waits);
    return this.#commands.execute(command);
  }

  #closed({ id, isOpen }: Moved): Promise<void> | undefined {
    const live = this.#find(id);
    if (live === undefined || !isOpen(live)) return undefined;
    return new Promise((resolve) => {
      const end = (): void => {
        timer.cancel();
        live.stepped.delete(look);
        resolve();
      };
      const look = (): void => {
        if (!isOpen(live)) end();
      };
      const timer = this.#clock.after(`open offer ${id}`, OPEN_OFFER_MS, end);
      live.stepped.add(look);
    });
  }
}

/** A call whose dialogs go on in another one, and what must be over before. */
type Moved = Readonly<{ id: CallId; isOpen: (live: LiveCall) => boolean }>;

/** RFC 3261 §14.1: no other offer may be made on that dialog now. */
const hasOpenOffer = ({ call }: LiveCall): boolean =>
  call.kind === 'confirmed' && LEG_ROLES.some((role) => call[role].dialog === 'confirmed' && !mayOffer(call[role]));

/** A late offer whose answer comes with the ACK of the caller: until then there is nothing to go on with. */
const isHalfOpen = ({ call }: LiveCall): boolean => call.kind === 'confirmed' && call.callee.halfOpen === true;

const offers = (id: CallId): Moved => ({ id, isOpen: hasOpenOffer });

/** Who is transferred to a number, or parked, is told only later where to go on: an offer that is open then is none of these commands' business. */
function movedBy(command: Command): readonly Moved[] {
  switch (command.kind) {
    case 'call.transfer': {
      const from = { id: command.callId, isOpen: isHalfOpen };
      return 'callId' in command.to ? [from, offers(command.to.callId)] : [from];
    }
    case 'call.park':
      return [{ id: command.callId, isOpen: isHalfOpen }];
    case 'conference.create':
      return command.calls.map(offers);
    case 'conference.add':
      return 'callId' in command.member ? [offers(command.member.callId)] : [];
    case 'call.join':
    case 'call.consult':
      return [offers(command.callId)];
    default:
      return [];
  }
}
