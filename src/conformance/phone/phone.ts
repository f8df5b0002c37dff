/**
 * phone: a telephone that a case drives: registers, calls, re-invites, and answers like a well-behaved phone whatever it was not told
 * to answer otherwise. How messages travel and repeat is transactions.ts; how it answers is manners.ts.
 */
import type { Clock } from '#kit/clock.js';
import { answer as answerDigest, parseChallenge, splitDigests } from '#sip/digest.js';
import { Failed } from '../failed.js';
import type { Ladder } from '../ladder.js';
import { Waits } from '../waits.js';
import { Dialog } from './dialog.js';
import { PCMA, PCMU } from './heard.js';
import { goodManners, type Manner } from './manners.js';
import { SdpAuthor } from './sdp-author.js';
import { audioOf, readSdp } from './sdp-reader.js';
import { branchOf, composeSip, cseqOf, header, token, type Sip } from './sip-text.js';
import { Sound, type RtpTamper } from './sound.js';
import { Transactions, type SipTamper } from './transactions.js';
import type { HostPort, Transport } from './wire.js';

export type PhoneOptions = Readonly<{
  /** `caller`, `callee`: what the report calls it. */
  label: string;
  number: string;
  password: string;
  transport: Transport;
  target: HostPort;
  hertz: number;
  /** Where it is to be found; a free port when undefined. */
  port?: number | undefined;
  /** SHA-256 or MD5 where both are offered; the strongest when undefined. */
  digest?: 'MD5' | 'SHA-256' | undefined;
  clock: Clock;
  ladder: Ladder;
  tamper?: Readonly<{ sip?: SipTamper; rtp?: (phone: string) => RtpTamper | undefined }> | undefined;
}>;

export type Headers = Readonly<Record<string, string | undefined>>;

export const PATIENCE_MS = 5_000;
const ALLOW = 'INVITE, ACK, CANCEL, BYE, OPTIONS, UPDATE, INFO, NOTIFY, PRACK';

export class Phone {
  readonly number: string;
  readonly label: string;
  readonly waits: Waits;
  readonly sip: Transactions;
  readonly sound: Sound;
  readonly sdp: SdpAuthor;
  readonly ladder: Ladder;
  readonly #options: PhoneOptions;
  readonly #dialogs = new Map<string, Dialog>();
  /** One answer each, in the order they were asked for. */
  #next: { method: string; manner: Manner }[] = [];
  readonly #always = new Map<string, Manner>();
  /** What this phone writes into each of its requests, such as its wishes about session timers. */
  habits: Headers = {};
  /** Our INVITE or UPDATE that has no final answer yet. */
  offering = 0;
  #registered = false;

  static async open(options: PhoneOptions): Promise<Phone> {
    const waits = new Waits(options.clock);
    const { label, transport, target, port = 0, clock, ladder, tamper } = options;
    const sip = await Transactions.open({ label, transport, target, port, clock, waits, ladder, tamper: tamper?.sip });
    const sound = await Sound.open({ address: sip.address, hertz: options.hertz, clock, waits, tamper: tamper?.rtp?.(label) });
    return new Phone(options, waits, sip, sound);
  }

  private constructor(options: PhoneOptions, waits: Waits, sip: Transactions, sound: Sound) {
    this.#options = options;
    this.number = options.number;
    this.label = options.label;
    this.ladder = options.ladder;
    this.waits = waits;
    this.sip = sip;
    this.sound = sound;
    this.sdp = new SdpAuthor(sip.address, sound.port);
    sip.onRequest = (request) => this.#serve(request);
  }

  get clock(): Clock {
    return this.#options.clock;
  }

  get contact(): string {
    return `<sip:${this.number}@${this.sip.address}:${this.sip.port}${this.#options.transport === 'tcp' ? ';transport=tcp' : ''}>`;
  }

  get domain(): string {
    return this.#options.target.host;
  }

  /** The dialog of the last call. */
  get dialog(): Dialog {
    const last = [...this.#dialogs.values()].at(-1);
    if (last === undefined) throw new Failed({ expected: `a call of ${this.label}`, seen: 'none' });
    return last;
  }

  dialogOf(message: Sip): Dialog | undefined {
    return this.#dialogs.get(header(message, 'call-id'));
  }

  keep(dialog: Dialog): void {
    this.#dialogs.set(dialog.callId, dialog);
  }

  /** The next request of this method is answered so. */
  next(method: string, ...manners: readonly Manner[]): void {
    for (const manner of manners) this.#next.push({ method, manner });
  }

  always(method: string, manner: Manner | undefined): void {
    if (manner === undefined) this.#always.delete(method);
    else this.#always.set(method, manner);
  }

  #serve(request: Sip): void {
    const index = this.#next.findIndex(({ method }) => method === request.what);
    const asked = index >= 0 ? this.#next.splice(index, 1)[0]?.manner : this.#always.get(request.what);
    this.attempt(() => (asked ?? goodManners)(request, this));
  }

  /** What a target sends may be unreadable: that fails the case, whatever it waits for, and not the kit. */
  attempt(act: () => void): void {
    try {
      act();
    } catch (error) {
      const said = error instanceof Failed ? `not ${error.expected}, but ${error.seen}` : String(error);
      this.waits.close(`the ${this.label} received what it could not take: ${said}`);
    }
  }

  // ---- requests -------------------------------------------------------------------------------------------------------------------

  #headersFor(): Headers {
    const { transport } = this.#options;
    const via = `SIP/2.0/${transport.toUpperCase()} ${this.sip.address}:${this.sip.port};branch=z9hG4bK${token()};rport`;
    return { Via: via, Contact: this.contact, Allow: ALLOW, 'User-Agent': 'holdfast-conformance' };
  }

  /** Sends a request in a dialog, or the one that begins it. */
  ask(dialog: Dialog, method: string, body = '', more: Headers = {}): Sip {
    const type = body === '' ? undefined : 'application/sdp';
    const headers = { ...this.#headersFor(), ...dialog.headers(method), 'Content-Type': type, ...this.habits, ...more };
    return this.sip.request(composeSip(`${method} ${dialog.target} SIP/2.0`, headers, body));
  }

  /** The final answer to a request of ours. */
  final(request: Sip, ms = PATIENCE_MS): Promise<Sip> {
    const branch = branchOf(request);
    const { number } = cseqOf(request);
    return this.sip.next(
      `a final answer to ${request.what} (CSeq ${number})`,
      (one) => one.status >= 200 && branchOf(one) === branch && cseqOf(one).method === request.what,
      0,
      ms,
    );
  }

  /** Asks, answers a challenge if there is one, and gives what comes then, with the request that got it. */
  async authenticated(
    dialog: Dialog,
    method: string,
    body = '',
    more: Headers = {},
    ms = PATIENCE_MS,
  ): Promise<Readonly<{ request: Sip; answer: Sip }>> {
    const first = this.ask(dialog, method, body, more);
    const refusal = await this.final(first, ms);
    if (refusal.status !== 401 && refusal.status !== 407) return { request: first, answer: refusal };
    const request = this.ask(dialog, method, body, { ...more, ...this.#credentials(refusal, first) });
    return { request, answer: await this.final(request, ms) };
  }

  /** RFC 8760 §2.4: the strongest that we speak, unless a case asks for another. */
  #credentials(refusal: Sip, request: Sip): Headers {
    const proxy = refusal.status === 407;
    const offered = splitDigests(header(refusal, proxy ? 'proxy-authenticate' : 'www-authenticate')).flatMap(
      (one) => parseChallenge(one) ?? [],
    );
    const wanted = offered.find(({ algorithm }) => algorithm === this.#options.digest);
    const challenge = wanted ?? offered.find(({ algorithm }) => algorithm === 'SHA-256') ?? offered[0];
    if (challenge === undefined) throw new Failed({ expected: 'a digest challenge with MD5 or SHA-256', seen: refusal.text });
    const uri = request.line.split(' ')[1] ?? '';
    const login = { username: this.number, password: this.#options.password };
    return {
      [proxy ? 'Proxy-Authorization' : 'Authorization']: answerDigest(challenge, login, { method: request.what, uri }, token()),
    };
  }

  async register(expiresSec = 600): Promise<void> {
    const uri = `sip:${this.number}@${this.domain}`;
    const dialog = Dialog.calling(uri, uri);
    dialog.target = `sip:${this.domain}`;
    const { answer } = await this.authenticated(dialog, 'REGISTER', '', { Expires: String(expiresSec) });
    if (answer.status !== 200) throw new Failed({ expected: `${this.number} registered with 200`, seen: answer.line });
    this.#registered = expiresSec > 0;
  }

  /** Begins a call; its answers are waited for by `answered`, or by name. */
  invite(number: string, body = this.sdp.offer(), more: Headers = {}): Readonly<{ dialog: Dialog; answer: Promise<Sip> }> {
    const dialog = Dialog.calling(`sip:${this.number}@${this.domain}`, `sip:${number}@${this.domain}`);
    this.keep(dialog);
    this.offering++;
    const answer = this.authenticated(dialog, 'INVITE', body, more, 15_000)
      .then(({ answer }) => answer)
      .finally(() => this.offering--);
    answer.catch(() => undefined); // who waits for it is told; who does not, does not mind
    return { dialog, answer };
  }

  /** The ACK of a 2xx, and what its answer says about where to send. */
  ack(dialog: Dialog, answer: Sip, body = ''): void {
    dialog.learn(answer);
    dialog.confirmed = true;
    const type = body === '' ? undefined : 'application/sdp';
    const headers = { ...this.#headersFor(), ...dialog.headers('ACK', cseqOf(answer).number), 'Content-Type': type };
    this.sip.request(composeSip(`ACK ${dialog.target} SIP/2.0`, headers, body));
    if (answer.body !== '') this.obey(answer.body);
  }

  /** RFC 3261 §9.1: by the branch of the INVITE. */
  cancel(): void {
    const invite = this.sip.lastInvite;
    if (invite === undefined) throw new Failed({ expected: `an INVITE of the ${this.label} to cancel`, seen: 'none' });
    const headers = {
      Via: header(invite, 'via'),
      'Max-Forwards': '70',
      From: header(invite, 'from'),
      To: header(invite, 'to'),
      'Call-ID': header(invite, 'call-id'),
      CSeq: `${cseqOf(invite).number} CANCEL`,
    };
    this.sip.request(composeSip(`CANCEL ${invite.line.split(' ')[1] ?? ''} SIP/2.0`, headers, ''));
  }

  bye(dialog = this.dialog): Promise<Sip> {
    dialog.ended = true;
    return this.final(this.ask(dialog, 'BYE'));
  }

  // ---- responses ------------------------------------------------------------------------------------------------------------------

  respond(request: Sip, status: number, body = '', more: Headers = {}): void {
    const to = header(request, 'to');
    const tag = this.dialogOf(request)?.localTag ?? token();
    const headers = {
      Via: header(request, 'via'),
      'Record-Route': status < 300 ? header(request, 'record-route') || undefined : undefined,
      From: header(request, 'from'),
      To: /;\s*tag=/i.test(to) || status === 100 ? to : `${to};tag=${tag}`,
      'Call-ID': header(request, 'call-id'),
      CSeq: header(request, 'cseq'),
      Contact: status > 100 && status < 300 ? this.contact : undefined,
      Allow: ALLOW,
      'Content-Type': body === '' ? undefined : 'application/sdp',
      ...more,
    };
    this.sip.respond(request, composeSip(`SIP/2.0 ${status} ${REASONS[status] ?? 'Because'}`, headers, body));
  }

  /** Sends sound to where the other side asks for it. It goes on talking when told not to: a leak is looked for, not avoided. */
  obey(body: string): void {
    const audio = audioOf(readSdp(body));
    if (audio === undefined || audio.address === '0.0.0.0' || audio.protocol !== 'RTP/AVP') return;
    const payloadType =
      audio.formats.map(Number).find((one) => (one === PCMU || one === PCMA) && this.sdp.usual.codecs.includes(one)) ?? PCMU;
    this.sound.aim({ host: audio.address, port: audio.port, payloadType });
  }

  /** Ends what still lives, without judging it, and unregisters. */
  async close(): Promise<void> {
    try {
      const live = [...this.#dialogs.values()].filter((one) => one.confirmed && !one.ended);
      const goodbyes: Promise<unknown>[] = live.map((one) => this.bye(one));
      if (this.#registered) goodbyes.push(this.register(0));
      await Promise.allSettled(goodbyes);
    } finally {
      this.sound.close();
      this.sip.close();
      this.waits.close('the case was over');
    }
  }
}

const REASONS: Readonly<Record<number, string>> = {
  180: 'Ringing',
  183: 'Session Progress',
  200: 'OK',
  488: 'Not Acceptable Here',
  491: 'Request Pending',
};
