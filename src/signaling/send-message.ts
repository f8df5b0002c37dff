/**
 * send-message: MESSAGE (RFC 3428) of our own, to every contact of a number; one that takes it is enough. Who may write to whom is
 * decided in calls/; what phones send each other is message.ts's.
 */
import { parseUri } from '#sip/uri.js';
import type { DialTarget, MessagePort, OutgoingMessage } from '#calls/ports.js';
import type { Clock } from '#kit/clock.js';
import { bestRefusal, type FinalRefusal } from './best-refusal.js';
import { answerChallenge } from './client-digest.js';
import { PRODUCT, userPart } from './sip-words.js';
import type { Headers, Srf, SrfResponse } from './srf.js';

/** RFC 3428 §8: no more than this, request line and headers counted, where no transport with congestion control is certain. */
const MOST_BYTES = 1300;
/** What the engine adds: request line, Via, tags, Call-ID, CSeq, Contact and Content-Length, as long as they get. */
const ENGINE_BYTES = 350;
/** Timer F of the engine comes first (64*T1); this ends the wait when the engine itself is gone. */
const ANSWER_MS = 35_000;
const WITH_CONGESTION_CONTROL: ReadonlySet<string> = new Set(['tcp', 'tls', 'ws', 'wss']);

export class Messages implements MessagePort {
  readonly #srf: Srf;
  readonly #clock: Clock;

  constructor({ srf, clock }: Readonly<{ srf: Srf; clock: Clock }>) {
    this.#srf = srf;
    this.#clock = clock;
  }

  async send(message: OutgoingMessage): Promise<FinalRefusal> {
    const answers = await Promise.all(message.targets.map((target) => this.#deliver(message, target)));
    return answers.find(({ status }) => status < 300) ?? bestRefusal(answers);
  }

  #deliver(message: OutgoingMessage, target: DialTarget): Promise<FinalRefusal> {
    const headers = headersOf(message, target);
    if (isTooLong(message.text, headers, target)) return Promise.resolve({ status: 513, reason: 'Message Too Large' });
    return new Promise((resolve) => {
      const deadline = this.#clock.after('MESSAGE', ANSWER_MS, () => resolve({ status: 408, reason: 'Request Timeout' }));
      const done = (answer: FinalRefusal): void => {
        deadline.cancel();
        resolve(answer);
      };
      sendMessage(this.#srf, target, headers, message.text, done);
    });
  }
}

/** To one contact or trunk; `done` hears its final answer, or 503 where nothing could be sent. */
export function sendMessage(
  srf: Srf,
  target: DialTarget,
  headers: Headers,
  body: string,
  done: (answer: FinalRefusal) => void,
): void {
  ask(srf, target, headers, body, (answer, response) => {
    // RFC 3261 §22.2: the same request once more, with the answer to the challenge.
    const proof = response === undefined ? undefined : proofFor(response, target);
    if (proof === undefined) done(answer);
    else ask(srf, target, { ...headers, ...proof }, body, done);
  });
}

function ask(
  srf: Srf,
  { uri, nextHop }: DialTarget,
  headers: Headers,
  body: string,
  done: (answer: FinalRefusal, response?: SrfResponse) => void,
): void {
  const where = nextHop === undefined ? {} : { proxy: nextHop };
  const gone = { status: 503, reason: 'Service Unavailable' };
  try {
    srf.request({ method: 'MESSAGE', uri, ...where, headers, ...(body === '' ? {} : { body }) }, (error, sent) => {
      if (error || sent === undefined) return done(gone);
      sent.on('response', (response: SrfResponse) => {
        const { status, reason } = response;
        if (status >= 200) done({ status, reason }, response);
      });
    });
  } catch {
    done(gone); // drachtio-srf throws when its connection is down at this moment
  }
}

/** A trunk knows us by its own user name where it gave us one; a phone sees the number. */
function headersOf({ from, to }: OutgoingMessage, { credentials }: DialTarget): Headers {
  return {
    From: `<sip:${userPart(credentials?.username ?? from)}@localhost>`,
    To: `<sip:${userPart(to)}@localhost>`,
    ...(credentials === undefined ? {} : { 'P-Preferred-Identity': `<sip:${userPart(from)}@localhost>` }),
    'Max-Forwards': '70',
    'User-Agent': PRODUCT,
    'Content-Type': 'text/plain;charset=UTF-8',
  };
}

function proofFor(response: SrfResponse, { credentials, uri }: DialTarget): Headers | undefined {
  const challenged = response.status === 401 || response.status === 407;
  return challenged && credentials !== undefined ? answerChallenge(response, credentials, 'MESSAGE', uri) : undefined;
}

function isTooLong(text: string, headers: Headers, { uri, nextHop }: DialTarget): boolean {
  const transport =
    parseUri(nextHop ?? uri)
      ?.params.get('transport')
      ?.toLowerCase() ?? 'udp';
  if (WITH_CONGESTION_CONTROL.has(transport)) return false;
  const ours = Object.entries(headers).reduce((sum, [name, value]) => sum + name.length + value.length + 4, 0);
  return Buffer.byteLength(text) + ours + uri.length + ENGINE_BYTES > MOST_BYTES;
}
