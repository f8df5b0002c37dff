/**
 * leg-dialog: what both kinds of leg share once there is a dialog: re-INVITEs and UPDATEs either way, probes, BYE, and who hears of them.
 * One Leg for both directions: UAS and UAC differ only in how the dialog came to be.
 */
import type { CallSignals, LegId, LegSignal, SessionTerms, SipReason } from '#calls/ports.js';
import type { StoredLeg } from '#calls/store-port.js';
import type { Clock } from '#kit/clock.js';
import type { Logger } from '#kit/log.js';
import type { Login } from '#sip/digest.js';
import { askInDialog, type DialogRequest, type FinalAnswer, type OpenDialog } from './dialog-request.js';
import { dialogNameIn } from './dialog-names.js';
import { DialogSession } from './dialog-session.js';
import { notUnderstood, SUPPORTED } from './extensions.js';
import { keyHeaders, keysIn, type PhoneKey, type PhoneKeys } from './phone-keys.js';
import { sendProbe } from './probe.js';
import { sendRefresh } from './refresh.js';
import { sendReinvite } from './reinvite.js';
import type { DialogName } from './replaces.js';
import type { Grant, Running, SessionPolicy } from './session-timer.js';
import { ALLOW, SDP_TYPE, bodyOf, reasonHeader } from './sip-words.js';
import { wordsOf, type Headers, type Srf, type SrfMessage, type SrfRequest, type SrfResponse } from './srf.js';

export type LegDeps = Readonly<{
  srf: Srf;
  calls: CallSignals;
  clock: Clock;
  log: Logger;
  session: SessionPolicy;
  onDialog: (leg: LegDialog, dialogId: string) => void;
  onConfirmed: (leg: LegDialog, name: DialogName) => void;
  keys: PhoneKeys;
}>;

type Granted = Extract<Grant, { kind: 'granted' }>;
/** `granted` is absent before the call is answered: there is no session yet. */
type Incoming = Readonly<{ request: SrfRequest; response: SrfResponse; granted?: Granted; taken?: () => void }>;

const logOf = (id: LegId, log: Logger): Logger => log.child({ callId: id.callId, leg: id.role });

export abstract class LegDialog {
  #id: LegId;
  #log: Logger;
  protected readonly deps: LegDeps;
  protected session: DialogSession;
  /** Who we are on this dialog, where the other side asks. */
  protected credentials: Login | undefined;
  #dialogId: string | undefined;
  #name: DialogName | undefined;
  #over = false;
  /** The re-INVITE (or UPDATE) that waits for our answer. */
  #waiting: Incoming | undefined;
  /** The one that has just come in, while the core is being asked. */
  #arriving: Incoming | undefined;
  #probing = false;
  #keys: ReadonlySet<PhoneKey> = new Set();

  constructor(id: LegId, deps: LegDeps) {
    this.#id = id;
    this.deps = deps;
    this.session = new DialogSession(deps.session);
    this.#log = logOf(id, deps.log);
  }

  get id(): LegId {
    return this.#id;
  }

  protected get log(): Logger {
    return this.#log;
  }

  /** The dialog goes on as a leg of another call: whatever comes in on it from now on belongs there. */
  become(id: LegId): void {
    this.#id = id;
    this.#log = logOf(id, this.deps.log);
  }

  get dialogId(): string | undefined {
    return this.#dialogId;
  }

  protected setDialog(dialogId: string | undefined): void {
    if (dialogId === undefined || dialogId === '' || dialogId === this.#dialogId) return;
    this.#dialogId = dialogId;
    this.deps.onDialog(this, dialogId);
  }

  /** Both tags are known: others may name this dialog (RFC 3891). @param ours the header with our own tag. */
  protected confirmed(message: SrfMessage, ours: 'From' | 'To'): void {
    this.setName(dialogNameIn(message, ours));
  }

  protected setName(name: DialogName | undefined): void {
    if (name === undefined) return;
    this.#name = name;
    this.deps.onConfirmed(this, name);
  }

  /** For another life of the program; undefined: there is no dialog that could go on. */
  get stored(): StoredLeg | undefined {
    if (this.#over || this.#dialogId === undefined) return undefined;
    return { dialogId: this.#dialogId, name: this.#name, session: this.session.stored, keys: [...this.#keys] };
  }

  /** What the phone says of its keys in this call, and what it said when it registered with this contact. */
  protected learnKeys(message: SrfMessage, contact: string | undefined): void {
    const registered = contact === undefined ? [] : this.deps.keys.of(contact);
    this.knowKeys([...keysIn(message), ...registered]);
  }

  protected knowKeys(keys: Iterable<PhoneKey>): void {
    this.#keys = new Set(keys);
  }

  /** It has ended, or is being ended. */
  get isOver(): boolean {
    return this.#over;
  }

  /** `answered` hears the final status; 481 at once where there is no dialog any more. */
  notify(headers: Headers, body: string, answered: (status: number) => void): void {
    const dialog = this.#open();
    if (dialog === undefined) return answered(481);
    const asked = { method: 'NOTIFY', headers: () => headers, ...(body === '' ? {} : { body }) } as const;
    askInDialog(dialog, asked, ({ status }) => answered(status));
  }

  /** What its peer says, in a dialog of its own; 500 at once where there is none any more. */
  relay(asked: DialogRequest, answered: (answer: FinalAnswer) => void): void {
    const dialog = this.#open();
    if (dialog === undefined) return answered({ status: 500, reason: 'no dialog' });
    const { body, ...bare } = asked;
    askInDialog(dialog, body === '' ? bare : asked, answered);
  }

  /** @returns false: this phone does not know such a key. */
  notifyKey(key: PhoneKey): boolean {
    if (!this.#keys.has(key) || this.#open() === undefined) return false;
    this.notify(keyHeaders(key), '', (status) => this.log.info({ key, status }, 'key asked for'));
    return true;
  }

  /** What requests of ours need; undefined where there is no dialog, or none any more. */
  #open(): OpenDialog | undefined {
    if (this.#over || this.#dialogId === undefined) return undefined;
    const { srf, clock } = this.deps;
    const { session, credentials } = this;
    const onUpdate = (request: SrfRequest, response: SrfResponse): void => this.onUpdate(request, response);
    return { srf, clock, dialogId: this.#dialogId, session, credentials, onUpdate };
  }

  /** RFC 3261 §15: closing twice is closing once. */
  bye(reason: SipReason): void {
    const dialog = this.#open();
    if (dialog === undefined) return;
    this.endDialog();
    const headers = () => ({ Reason: reasonHeader(reason) });
    askInDialog(dialog, { method: 'BYE', headers }, ({ status, reason: why, response }) => {
      if (response === undefined) this.log.debug({ status, why }, 'BYE not answered: the dialog is gone');
    });
  }

  reinvite(sdp: string): void {
    const dialog = this.#open();
    if (dialog === undefined) return;
    this.log.debug('re-INVITE sent');
    sendReinvite(dialog, sdp, ({ signal, session }) => {
      // What a hold or a resume has agreed is told as an event.
      this.log[signal.kind === 'reinvite-refused' ? 'info' : 'debug']({ status: signal.status }, 're-INVITE answered');
      this.#report(signal, session);
    });
  }

  refresh(): void {
    const dialog = this.#open();
    if (dialog === undefined) return;
    sendRefresh(dialog, ({ signal, session }) => {
      this.log.debug({ answer: signal.kind }, 'session refresh answered');
      this.#report(signal, session);
    });
  }

  /** Never two at once: the answer to the first is the answer to the second. */
  probe(): void {
    const dialog = this.#open();
    if (dialog === undefined || this.#probing) return;
    this.#probing = true;
    sendProbe(dialog, (result) => {
      this.#probing = false;
      this.#report({ kind: 'probed', ...result });
    });
  }

  /** What a 2xx agreed on comes before the word of the 2xx itself. */
  #report(signal: LegSignal, session?: SessionTerms): void {
    if (this.#over) return;
    if (session !== undefined) this.deps.calls.signal(this.id, { kind: 'session', session });
    this.deps.calls.signal(this.id, signal);
  }

  protected tellGranted(running: Running | undefined): void {
    this.deps.calls.signal(this.id, { kind: 'session', session: this.session.granted(running) });
  }

  onReinvite(request: SrfRequest, response: SrfResponse): void {
    const granted = this.#mayRefresh(request, response);
    if (granted === undefined) return;
    request.on('update', (update, answer) => this.onUpdate(update, answer));
    this.takeOffer({ request, response, granted });
  }

  /** The core decides; it may refuse on the spot. */
  protected takeOffer(incoming: Incoming): void {
    const { request } = incoming;
    this.#arriving = incoming;
    this.deps.calls.signal(this.id, { kind: 'reinvite', sdp: bodyOf(request) });
    // Not refused on the spot: it is the one that gets the answer.
    if (this.#arriving === incoming) this.#waiting = incoming;
    this.#arriving = undefined;
  }

  /** RFC 3311 §5.2. Without an offer it only refreshes, and is answered at once whatever else is open. */
  onUpdate(request: SrfRequest, response: SrfResponse): void {
    if (bodyOf(request) !== undefined) return this.onReinvite(request, response);
    if (this.#waiting?.request.method === 'UPDATE') return response.send(500, { headers: { 'Retry-After': '1' } });
    const granted = this.#mayRefresh(request, response);
    if (granted === undefined) return;
    response.send(200, { headers: { Allow: ALLOW, Supported: SUPPORTED, ...granted.headers } });
    this.tellGranted(granted.running);
    this.deps.calls.signal(this.id, { kind: 'refreshed' });
  }

  /** A session refresh request of the phone: refused here (420, 422), or what our 2xx will say of the session. */
  #mayRefresh(request: SrfRequest, response: SrfResponse): Granted | undefined {
    const unknown = notUnderstood(request);
    if (unknown !== undefined) {
      response.send(420, { headers: { Unsupported: unknown } }); // RFC 3261 §8.2.2.3
      return undefined;
    }
    const granted = this.session.grant(request);
    if (granted.kind === 'granted') return granted;
    response.send(422, { headers: granted.headers });
    return undefined;
  }

  answerReinvite(sdp: string): void {
    const incoming = this.#waiting;
    this.#waiting = undefined;
    if (incoming === undefined || this.#over) return;
    const { request, response, granted, taken } = incoming;
    taken?.();
    const headers = { 'Content-Type': SDP_TYPE, Allow: ALLOW, Supported: SUPPORTED, ...granted?.headers };
    if (request.method === 'UPDATE') {
      // RFC 3311 §5.2: an UPDATE is answered at once and has no ACK.
      response.send(200, { headers, body: sdp });
      if (granted !== undefined) this.tellGranted(granted.running);
      this.deps.calls.signal(this.id, { kind: 'reinvite-acked' });
      return;
    }
    response.send(
      200,
      { headers, body: sdp },
      (error) => {
        if (error === null || error === undefined) return;
        this.log.warn({ why: wordsOf(error) }, 'the answer to a re-INVITE was not sent');
        this.#report({ kind: 'reinvite-gone' });
      },
      (ack) => this.deps.calls.signal(this.id, { kind: 'reinvite-acked', sdp: bodyOf(ack) }),
    );
    if (granted !== undefined) this.tellGranted(granted.running);
  }

  refuseReinvite(status: number, retryAfterSec?: number): void {
    const incoming = this.#arriving ?? this.#waiting;
    if (incoming === this.#arriving) this.#arriving = undefined;
    else this.#waiting = undefined;
    incoming?.response.send(status, retryAfterSec === undefined ? {} : { headers: { 'Retry-After': String(retryAfterSec) } });
  }

  onBye(request: SrfRequest, response: SrfResponse): void {
    response.send(200);
    this.endDialog();
    // The engine says BYE by itself when an ACK never came; the phone has not hung up then.
    const ours = request.source === 'application';
    this.deps.calls.signal(
      this.id,
      ours ? { kind: 'lost', why: request.get('Reason') ?? 'ended by the SIP engine' } : { kind: 'bye' },
    );
  }

  /** RFC 3261 §15.1.2: what is open ends with 487. The engine has said so already; drachtio-srf keeps what is never answered. */
  protected endDialog(): void {
    this.#over = true;
    const waiting = this.#waiting;
    this.#waiting = undefined;
    waiting?.response.send(487);
  }
}
