/**
 * dialog-request: one request of ours inside a dialog, until its final answer: with a deadline, once more after a challenge (RFC 3261
 * §22.2) and once more after a 422 (RFC 4028 §7.3). A 2xx to an INVITE is acknowledged here; what the answer means is its asker's.
 */
import type { Clock } from '#kit/clock.js';
import { assertNever } from '#kit/errors.js';
import type { Login } from '#sip/digest.js';
import { answerChallenge, isStale } from './client-digest.js';
import type { DialogSession } from './dialog-session.js';
import { EngineLoss } from './engine-loss.js';
import { IN_DIALOG, type Headers, type RequestHandler, type Srf, type SrfResponse, wordsOf } from './srf.js';

/** The dialog a request goes out in. */
export type OpenDialog = Readonly<{
  srf: Srf;
  clock: Clock;
  dialogId: string;
  session: DialogSession;
  /** Who we are there, where a trunk asks. */
  credentials: Login | undefined;
  /** drachtio-srf hands UPDATEs of the phone to the request of ours that is open in the same call. */
  onUpdate: RequestHandler;
}>;

/** What every dialog has; what a call has besides is for requests that a subscription never sends. */
export type AnyDialog = Pick<OpenDialog, 'srf' | 'clock' | 'dialogId'> &
  Partial<Pick<OpenDialog, 'session' | 'credentials' | 'onUpdate'>>;

export type DialogRequest = Readonly<{
  method: 'INVITE' | 'UPDATE' | 'OPTIONS' | 'BYE' | 'NOTIFY' | 'INFO' | 'MESSAGE';
  /** Asked for anew with every try: a 422 changes them. */
  headers: () => Headers;
  body?: string;
}>;

/** `response` is absent where nothing could be sent, or nothing came in time: the status is our own word then. */
export type FinalAnswer = Readonly<{ status: number; reason: string; response?: SrfResponse }>;

/** RFC 3261 §8.1.3.1: the engine says 503 itself when no way leads to the phone, and no address stands beside such an answer. */
export const hadNoWay = ({ status, response }: FinalAnswer): boolean =>
  status === 503 && (response === undefined || response.source_address === '');

/** 64*T1. Timers B and F end silence; this ends a phone that says 1xx and then nothing (RFC 3261 §14.1 calls that no answer). */
const ANSWER_MS = 32_000;

type Tries = Readonly<{ challenges: number; raised: boolean; credentials: Headers }>;
/** One, and one more where its nonce was too old. */
const MOST_CHALLENGES = 2;

const FIRST_TRY: Tries = { challenges: 0, raised: false, credentials: {} };

export function askInDialog(dialog: AnyDialog, asked: DialogRequest, done: (answer: FinalAnswer) => void): void {
  ask(dialog, asked, FIRST_TRY, done);
}

function ask(dialog: AnyDialog, asked: DialogRequest, tries: Tries, done: (answer: FinalAnswer) => void): void {
  const { srf, clock, dialogId } = dialog;
  const { method, body } = asked;
  const loss = EngineLoss.of(srf);
  if (loss.isLost) return whenLost(dialog, asked, tries, done);
  let open = true;
  const close = (): void => {
    open = false;
    deadline?.cancel();
    answered();
  };
  const answered = loss.waits(() => {
    close();
    whenLost(dialog, asked, tries, done);
  });
  const finish = (answer: FinalAnswer, uri: string): void => {
    if (!open) return;
    close();
    const next = answer.response === undefined ? undefined : nextTry(dialog, method, tries, answer.response, uri);
    if (next === undefined) done(answer);
    else ask(dialog, asked, next, done);
  };
  const late = (): void => finish({ status: 408, reason: 'no final answer' }, '');
  // Nobody waits for the answer to a BYE; the engine's timer F ends it.
  const deadline = method === 'BYE' ? undefined : clock.after(`${method} ${dialogId}`, ANSWER_MS, late);
  const headers = { ...asked.headers(), ...tries.credentials };
  const options = { method, uri: IN_DIALOG, stackDialogId: dialogId, headers, ...(body === undefined ? {} : { body }) };
  send(srf, options, (error, request) => {
    // The connection went in this turn; that is told in the next one (srf.ts), to everybody who waits, and no phone has refused anything.
    if (isUnconnected(error)) return;
    if (error || request === undefined) {
      return finish({ status: statusOf(error), reason: error?.message ?? 'not sent' }, '');
    }
    if (dialog.onUpdate !== undefined) request.on('update', dialog.onUpdate);
    request.on('response', (response, ack) => {
      const { status, reason } = response;
      if (status < 200) return;
      if (method === 'INVITE' && status < 300) ack(); // also when it comes too late for us
      finish({ status, reason, response }, request.uri);
    });
  });
}

/** The engine is gone, and back in a moment with its dialogs. */
function whenLost(dialog: AnyDialog, asked: DialogRequest, tries: Tries, done: (answer: FinalAnswer) => void): void {
  switch (asked.method) {
    case 'BYE': // the phone must hear it, whenever that is
      return EngineLoss.of(dialog.srf).later(() => ask(dialog, asked, tries, done));
    case 'INVITE':
    case 'UPDATE': // what became of it nobody knows: the call plans anew when it hears that the engine is back
      return;
    case 'OPTIONS':
    case 'NOTIFY':
    case 'INFO':
    case 'MESSAGE':
      return done({ status: 500, reason: 'the SIP engine is gone' });
    default:
      return assertNever(asked.method);
  }
}

/** drachtio-srf marks a dialog its server no longer has, and what the server would not send; everything else is our own trouble. */
function statusOf(error: Error | null): number {
  const { code } = (error ?? {}) as { code?: string };
  if (code === 'ENODIALOG') return 481;
  return code === 'EDRACHTIO' ? 503 : 500; // RFC 3261 §8.1.3.1: no way there
}

/** drachtio-srf's word for a connection that has gone, of which it tells a turn of the loop later. */
const GONE = 'ESOCKETDESTROYED';

const isUnconnected = (error: Error | null): boolean => (error as { code?: string } | null)?.code === GONE;

/** drachtio-srf throws when it has no connection at this moment; nothing else of what it asserts can be wrong here. */
function send(srf: Srf, ...[options, callback]: Parameters<Srf['request']>): void {
  try {
    srf.request(options, callback);
  } catch (error) {
    callback(Object.assign(new Error(wordsOf(error)), { code: GONE }));
  }
}

/** Each reason to ask again counts once. */
function nextTry(dialog: AnyDialog, method: string, tries: Tries, response: SrfResponse, uri: string): Tries | undefined {
  const { credentials, session } = dialog;
  // RFC 7616 §3.4: an answer is good for one request; what is asked anew is challenged anew.
  if (response.status === 422)
    return !tries.raised && session?.raise(response) === true ? { ...FIRST_TRY, raised: true } : undefined;
  if (credentials === undefined || (response.status !== 401 && response.status !== 407)) return undefined;
  if (tries.challenges > 0 && (tries.challenges >= MOST_CHALLENGES || !isStale(response))) return undefined;
  const answered = answerChallenge(response, credentials, method, uri);
  return answered === undefined ? undefined : { ...tries, challenges: tries.challenges + 1, credentials: answered };
}
