/**
 * voipnow-create: POST /uapi/phoneCalls/{userId}/{kind}: phone calls that an App makes.
 *
 * `simple` connects an extension with a number, `callback` two numbers of which the first is rung first, at the cost of an extension;
 * `conferenceInvite` brings a number into a conversation: into the conference that `number` names, or else the call in which `source`
 * is. There are no scheduled conferences with PINs here.
 */
import type { CallView, Command, Outcome } from '#calls/commands.js';
import type { Ask, DialectReply, DialectRequest } from './dialect.js';
import { json, UapiRefusal } from './voipnow-errors.js';
import { bodyFields, fieldsOf, needed, phoneNumber, text, whole } from './voipnow-fields.js';
import { phoneCall, type Asked, type PhoneCallDeps } from './voipnow-phone-call.js';
import { visible, type Scope } from './voipnow-scope.js';

/** @throws UapiRefusal, NumberUnknown, NotRegistered, Busy */
export async function create(
  request: DialectRequest,
  ask: Ask,
  deps: PhoneCallDeps,
  askedBy: (extension: string) => Asked,
): Promise<DialectReply> {
  const kind = request.params['extension'] ?? '';
  if (kind !== 'simple' && kind !== 'callback' && kind !== 'conferenceInvite')
    throw new UapiRefusal('request_invalid', 'expected simple, callback or conferenceInvite');
  const fields = bodyFields(request);
  const views: unknown = fields['phoneCallView'];
  const view = fieldsOf(Array.isArray(views) ? views[0] : views, 'phoneCallView');
  const charged = text(fields, 'extension', 'extension_invalid');
  // Whose cost a call between two strangers is must be said.
  if (kind === 'callback') needed(charged, 'extension', 'extension_invalid');
  const source = needed(phoneNumber(view, 'source') ?? charged, 'source', 'pc_number_invalid');
  const destination = needed(phoneNumber(view, 'destination'), 'destination', 'pc_number_invalid');
  const nonce = text(fields, 'nonce');
  whole(Object.fromEntries(request.query), 'waitForPickup', 0, 3600); // judged, and then phones ring as long as ours do
  const asked = askedBy(charged ?? source);
  const caller = deps.extensions.read(source);
  // At whose cost it is says nothing of whose phone may be made to ring.
  if (kind === 'simple' && deps.extensions.has(caller)) askedBy(source);
  const callee = deps.extensions.read(destination);
  const call =
    kind === 'conferenceInvite'
      ? await invited({ source: caller, number: callee, conference: request.query.get('number') }, asked, ask)
      : madeOf(await ask({ kind: 'call.setup', caller, callee }));
  return json(200, [{ ...phoneCall(call, asked, deps), ...(nonce === undefined ? {} : { nonce }) }]);
}

function madeOf(outcome: Outcome): CallView {
  if (outcome.kind !== 'call.accepted') throw new Error(`a set-up was answered ${outcome.kind}`);
  return outcome.call;
}

type Invitation = Readonly<{ source: string; number: string; conference: string | null }>;

/** @returns the call of the new member. @throws UapiRefusal */
async function invited({ source, number, conference }: Invitation, { scope }: Asked, ask: Ask): Promise<CallView> {
  const outcome = await ask(
    conference === null
      ? joins(await conversationOf(source, scope, ask), source, number)
      : { kind: 'conference.add', conferenceId: await conferenceOf(conference, scope, ask), member: { number } },
  );
  const members = outcome.kind === 'conference.found' ? outcome.conference.members : [];
  const callId = members.findLast((member) => member.number === number)?.callId;
  const found = callId === undefined ? undefined : await ask({ kind: 'call.get', callId });
  if (found?.kind !== 'call.found')
    throw new UapiRefusal('pc_phonecall_invalid', 'the phone call of whom was invited is over already');
  return found.call;
}

/** The youngest call that the inviting party talks in, and that the App may see. */
async function conversationOf(source: string, scope: Scope, ask: Ask): Promise<CallView> {
  const outcome = await ask({ kind: 'call.list' });
  const calls = outcome.kind === 'call.listed' ? outcome.calls.filter((call) => visible(scope, call)) : [];
  const talks = ({ state, parties }: CallView): boolean =>
    (state === 'in-call' || state === 'held') && Object.values(parties).includes(source);
  const call = calls.findLast(talks);
  if (call === undefined)
    throw new UapiRefusal('pc_number_invalid', 'source: in no phone call that somebody could be invited to');
  return call;
}

/** Somebody of the App's own is in it; others look as if they were not there. */
async function conferenceOf(conferenceId: string, scope: Scope, ask: Ask): Promise<string> {
  const outcome = await ask({ kind: 'conference.list' });
  const conferences = outcome.kind === 'conference.listed' ? outcome.conferences : [];
  const mine = conferences.find(({ id, members }) => id === conferenceId && members.some((one) => scope.numbers.has(one.number)));
  if (mine === undefined) throw new UapiRefusal('pc_parameter_invalid', 'number: there is no such conference');
  return mine.id;
}

const joins = ({ id, parties }: CallView, source: string, number: string): Command => ({
  kind: 'call.join',
  callId: id,
  as: 'member',
  party: parties.caller === source ? 'caller' : 'callee',
  to: { number },
});
