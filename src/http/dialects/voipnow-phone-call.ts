/**
 * voipnow-phone-call: CallView → PhoneCall, as seed 001 prints it: values that would be null are left out, dates have an offset.
 * View 00 is the calling party's, 01 the called party's. A held call stays at status "5" (on call): hold is told only by the
 * date under `onHold` (and `onhold`, as the seed's example spells it) on both views, and by holder 1 on the view that holds.
 */
import type { CallView, ParkedView } from '#calls/commands.js';
import type { Extensions, Role, Scope, VoipnowConfig } from './voipnow-scope.js';

export const VIEW_IDS: Readonly<Record<Role, string>> = { caller: '00', callee: '01' };

export type PhoneCallDeps = Readonly<{
  config: VoipnowConfig;
  extensions: Extensions;
  wireId: (callId: CallView['id']) => string;
  heldSince: (callId: CallView['id']) => string | undefined;
}>;

export type Asked = Readonly<{ scope: Scope; host: string }>;
export type PhoneCallView = Readonly<Record<string, string | number | readonly string[] | undefined>>;
export type PhoneCall = Readonly<{
  id: string;
  extension: string;
  ownerId: string;
  ownerName: string;
  published: string;
  answered?: string;
  nonce?: string;
  phoneCallView: readonly PhoneCallView[];
  link: Readonly<{ self: string }>;
}>;

export function phoneCall(call: CallView, asked: Asked, deps: PhoneCallDeps, parked?: ParkedView): PhoneCall {
  const { config } = deps;
  return {
    ...shortPhoneCall(call, asked, deps),
    ownerId: config.owner,
    ownerName: config.ownerName,
    published: date(call.createdAt),
    ...(call.answeredAt === undefined ? {} : { answered: date(call.answeredAt) }),
    phoneCallView: [viewOf('caller', call, deps, parked), viewOf('callee', call, deps, parked)],
  };
}

/** The three fields that PUT answers with. */
export function shortPhoneCall(call: CallView, asked: Asked, deps: PhoneCallDeps): Pick<PhoneCall, 'id' | 'extension' | 'link'> {
  const { extensions } = deps;
  const id = deps.wireId(call.id);
  const { number, numbers } = asked.scope;
  const charged = number ?? (numbers.has(call.parties.caller) ? call.parties.caller : call.parties.callee);
  return { id, extension: extensions.written(charged), link: { self: `${linkBase(asked, deps)}/${id}` } };
}

/** As the path said it; the characters of @self and 0003*210 are their own encoding. */
export function linkBase({ scope, host }: Asked, { config }: Pick<PhoneCallDeps, 'config'>): string {
  const origin = config.publicUrl === '' ? `http://${host}` : config.publicUrl;
  return `${origin}/uapi/phoneCalls/${inPath(scope.user)}/${inPath(scope.extension)}`;
}

/** RFC 3986 §3.3: an at sign may stand in a path as it is. */
const inPath = (part: string): string => encodeURIComponent(part).replaceAll('%40', '@');

function viewOf(role: Role, call: CallView, { extensions, heldSince }: PhoneCallDeps, parked?: ParkedView): PhoneCallView {
  const number = call.parties[role];
  const { reasons } = call.hold;
  const since = reasons.length === 0 ? undefined : date(heldSince(call.id) ?? call.answeredAt ?? call.createdAt);
  const holds = reasons.some((reason) => reason.startsWith(`${role}-`));
  const waits = parked !== undefined && parked.number === number;
  return {
    id: VIEW_IDS[role],
    extension: extensions.written(number),
    source: [extensions.written(call.parties.caller)],
    destination: [extensions.written(call.parties.callee)],
    flow: flowOf(role, call, extensions),
    status: statusOf(role, call.state),
    callerId: extensions.callerId(call.parties.caller),
    ...(call.ringingAt === undefined ? {} : { ringing: date(call.ringingAt) }),
    ...(call.answeredAt === undefined ? {} : { answered: date(call.answeredAt) }),
    ...(waits ? { parked: date(parked.since), parkedPos: parked.slot, parkedBy: extensions.written(parked.by) } : {}),
    ...(since === undefined ? {} : { onHold: since, onhold: since }),
    ...(holds ? { holder: 1 } : {}),
  };
}

/** 2 inside the house, 4 to the outside, 8 from it. */
function flowOf(role: Role, { parties }: CallView, extensions: Extensions): number {
  if (extensions.has(parties.caller) && extensions.has(parties.callee)) return 2;
  const mine = extensions.has(parties[role]) ? role : role === 'caller' ? 'callee' : 'caller';
  return mine === 'caller' ? 4 : 8;
}

/** 0 unknown, 2 trying, 3 ringing, 4 the other side rings, 5 on call; text, as in the seed. */
function statusOf(role: Role, state: CallView['state']): string {
  const words: Readonly<Record<CallView['state'], string>> = {
    trying: '2',
    ringing: role === 'caller' ? '4' : '3',
    'in-call': '5',
    held: '5',
    ended: '0',
  };
  return words[state];
}

/** RFC 3339 with a numeric offset and whole seconds. */
export const date = (iso: string): string => `${new Date(iso).toISOString().slice(0, 19)}+00:00`;
