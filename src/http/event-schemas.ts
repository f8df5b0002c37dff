/**
 * event-schemas: what programs are told, in TypeBox: by streams, pages and webhooks alike. The compiler checks that each kind is described
 * exactly as core tells it.
 */
import { Type, type Static, type TObject, type TSchema } from '@sinclair/typebox';
import type { NumberedEvent } from '#calls/event-bus.js';
import type { EventKind } from './event-kinds.js';
import { EndCauseName, HoldReasonName, HoldSchema, oneOf, Time } from './hold-schemas.js';

const PartyName = oneOf(['caller', 'callee']);
const Status = Type.Optional(Type.Integer({ description: 'a SIP status, where there was one' }));
const Reason = Type.Optional(Type.String({ description: 'its words' }));
const Holders = Type.Array(Type.String(), { description: 'the numbers of those who hold; `controller`: a program' });
const NewCall = Type.String({ description: 'where the party that is left goes on' });

const numbered = { seq: Type.Integer({ description: 'the sequence number' }), at: Time };
const ofCall = { callId: Type.String(), parties: Type.Object({ caller: Type.String(), callee: Type.String() }) };

const event = <K extends EventKind, P extends Record<string, TSchema>>(kind: K, description: string, parts: P) =>
  Type.Object({ ...numbered, kind: Type.Literal(kind), ...parts }, { $id: nameOf(kind), description });

/** `call.ringing`: `CallRingingEvent`. */
const nameOf = (kind: EventKind): string =>
  `${kind
    .split('.')
    .map((word) => `${word.charAt(0).toUpperCase()}${word.slice(1)}`)
    .join('')}Event`;

const SCHEMAS = {
  'call.ringing': event('call.ringing', 'A phone of this party rings.', { ...ofCall, leg: PartyName }),
  'call.forwarded': event('call.forwarded', 'It rings at `to` now, who is the callee in `parties`, and no longer at `from`.', {
    ...ofCall,
    from: Type.String(),
    to: Type.String(),
  }),
  'call.answered': event('call.answered', 'Both are connected.', ofCall),
  'call.restored': event(
    'call.restored',
    'Holdfast was started again, and the call goes on as told here; what was told in the last moment before may not have happened.',
    { ...ofCall, holders: Holders, hold: HoldSchema },
  ),
  'hold.changed': event('hold.changed', 'Who holds, or what a phone agreed to, is different now.', {
    ...ofCall,
    holders: Holders,
    hold: HoldSchema,
  }),
  'hold.failed': event('hold.failed', 'A phone refused to be held or resumed; `hold` says what is done about it.', {
    ...ofCall,
    leg: PartyName,
    status: Type.Integer(),
    reason: Type.String(),
    hold: HoldSchema,
  }),
  'hold.reminder': event('hold.reminder', 'The holder is reminded that somebody waits.', { ...ofCall, reason: HoldReasonName }),
  'hold.expired': event('hold.expired', 'The hold is as long as it may be.', {
    ...ofCall,
    reason: HoldReasonName,
    action: Type.String({ description: 'what happens: resume, ring-holder, hangup or transfer:<number>' }),
  }),
  'transfer.changed': event('transfer.changed', 'Told of the call that is left.', {
    ...ofCall,
    state: oneOf(['started', 'completed', 'failed']),
    by: Type.String({ description: 'the number that leaves' }),
    to: Type.String(),
    newCallId: Type.Optional(NewCall),
    status: Status,
    reason: Reason,
  }),
  'call.parked': event('call.parked', 'A party waits in a slot.', { ...ofCall, slot: Type.String(), by: Type.String() }),
  'call.retrieved': event('call.retrieved', 'Somebody fetched a parked party.', {
    ...ofCall,
    slot: Type.String(),
    by: Type.String(),
    newCallId: NewCall,
  }),
  'call.key': event('call.key', 'A party has pressed a key, whether anybody was let hear it or not.', {
    ...ofCall,
    leg: PartyName,
    key: Type.String(),
  }),
  'play.ended': event('play.ended', 'What a program plays has come to its end.', {
    ...ofCall,
    playId: Type.String(),
    why: oneOf(['done', 'stopped', 'failed'], '`stopped`: by a command, by another sound, or by the end of the call'),
  }),
  'recording.completed': event('recording.completed', 'A recording can be fetched.', {
    ...ofCall,
    recordingId: Type.String(),
    seconds: Type.Number(),
    format: oneOf(['wav', 'mp3']),
  }),
  'conference.changed': event('conference.changed', 'Somebody came, left, holds or was muted: this is how it stands now.', {
    conferenceId: Type.String(),
    state: oneOf(['open', 'ended']),
    members: Type.Array(
      Type.Object({
        number: Type.String(),
        callId: Type.String({ description: 'its member call' }),
        state: oneOf(['ringing', 'in', 'held']),
        as: oneOf(['member', 'listener', 'whisperer']),
        muted: Type.Boolean(),
      }),
    ),
  }),
  'call.ended': event('call.ended', 'The call is over.', {
    ...ofCall,
    cause: EndCauseName,
    status: Status,
    reason: Reason,
    answered: Type.Boolean({ description: 'both were connected' }),
    conferenceId: Type.Optional(Type.String({ description: 'it was a call of this conference, or its parties go on in it' })),
  }),
  'registration.changed': event('registration.changed', 'A phone came, went, or does not answer any more.', {
    aor: Type.String({ description: 'its address-of-record' }),
    change: oneOf(['registered', 'refreshed', 'unregistered', 'expired', 'unreachable', 'reachable']),
    contact: Type.String(),
    expiresSec: Type.Number(),
  }),
} satisfies Readonly<Record<EventKind, TObject>>;

export const EventSchema = Type.Union(Object.values(SCHEMAS), {
  $id: 'Event',
  discriminator: {
    propertyName: 'kind',
    mapping: Object.fromEntries(Object.entries(SCHEMAS).map(([kind, { $id }]) => [kind, `#/components/schemas/${$id ?? ''}`])),
  },
});

export const EventPage = Type.Object(
  {
    events: Type.Array(EventSchema),
    next: Type.Integer({ description: 'ask `after` this one next' }),
    gap: Type.Optional(
      Type.Literal(true, { description: 'events between `after` and the first of this page are not kept any more' }),
    ),
  },
  { $id: 'EventPage' },
);

export const EVENT_SCHEMAS: readonly TSchema[] = [...Object.values(SCHEMAS), EventSchema, EventPage];

/** Compiles only while each kind has in its schema what it has in core: no name more, none less. */
type OfKind<K extends EventKind> = Extract<NumberedEvent['event'], { kind: K }>;
type CallId = OfKind<'call.answered'>['callId'];
type Written<K extends EventKind> = Omit<Static<(typeof SCHEMAS)[K]>, 'seq' | 'at'>;
type Same<A, B> = [A, B, keyof A, keyof B] extends [B, A, keyof B, keyof A] ? true : false;
type AllTrue<T extends Record<EventKind, true>> = T;
export type DescribedEvents = AllTrue<{ [K in EventKind]: Same<Plain<OfKind<K>>, Plain<Written<K>>> }>;

/** As JSON has it: no brands, nothing readonly, nothing that is there and undefined. */
type Plain<T> = T extends CallId
  ? string
  : T extends string | number | boolean | undefined
    ? T
    : T extends readonly (infer One)[]
      ? Plain<One>[]
      : { -readonly [Key in keyof T]: Plain<Exclude<T[Key], undefined>> };
