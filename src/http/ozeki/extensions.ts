/**
 * extensions: API extensions: numbers that a script answers. To the calls each is a party without a phone; everything that is heard is
 * played to the phone on the other side. Whoever calls one is answered when the application has said what is to be done, unless it says
 * Reject; when one calls, the script begins with the answer.
 */
import type { CallView } from '#calls/commands.js';
import type { NumberedEvent } from '#calls/event-bus.js';
import type { VirtualNumber } from '#calls/virtual-numbers.js';
import type { VirtualLine, VirtualParty } from '#calls/virtual-phones.js';
import type { ApiExtensionConfig, OzekiConfig } from '#kit/config.js';
import { AppError, NumberUnknown } from '#kit/errors.js';
import type { Logger } from '#kit/log.js';
import type { After } from '#ozml/actions.js';
import { readScript, type Step } from '#ozml/script.js';
import type { Fields, Requests } from './requests.js';
import type { Scripts } from './scripts.js';

type CallId = CallView['id'];

/** Where numbers that are programs are known. */
export type Numbers = Readonly<{ add: (number: string, virtual: VirtualNumber) => void; remove: (number: string) => void }>;

export type ExtensionsDeps = Readonly<{
  config: OzekiConfig;
  numbers: Numbers;
  scripts: Pick<Scripts, 'start'>;
  requests: Pick<Requests, 'ask'>;
  facts: (callId: CallId) => Promise<Fields>;
  log: Logger;
}>;

/** The application will not have this call. */
export class CallDeclined extends AppError {
  constructor() {
    super({ code: 'declined', http: 403, sip: 603, message: 'Decline' });
  }
}

/** Sends and receives, and has no ears: what a phone says to it goes nowhere (RFC 863's port, on this machine). */
const NOBODY = [
  'v=0',
  'o=script 1 1 IN IP4 127.0.0.1',
  's=-',
  'c=IN IP4 127.0.0.1',
  't=0 0',
  'm=audio 9 RTP/AVP 8 0 101',
  'a=rtpmap:8 PCMA/8000',
  'a=rtpmap:0 PCMU/8000',
  'a=rtpmap:101 telephone-event/8000',
  'a=fmtp:101 0-16',
  'a=sendrecv',
  '',
].join('\r\n');

export class Extensions {
  readonly #deps: ExtensionsDeps;
  readonly #byNumber: ReadonlyMap<string, ApiExtensionConfig>;
  /** What is to be said to a caller, between the question and the answer of the call. One for each call that rings here. */
  readonly #ready = new Map<CallId, readonly Step[]>();

  constructor(deps: ExtensionsDeps) {
    this.#deps = deps;
    this.#byNumber = new Map(deps.config.apiExtensions.map((one) => [one.number, one]));
    for (const number of this.#byNumber.keys()) deps.numbers.add(number, { party: () => this.#party(number) });
  }

  has(number: string): boolean {
    return this.#byNumber.has(number);
  }

  hear({ event }: NumberedEvent): void {
    if (event.kind === 'call.ended') this.#ready.delete(event.callId);
    if (event.kind !== 'call.answered') return;
    const steps = this.#ready.get(event.callId);
    this.#ready.delete(event.callId);
    if (steps !== undefined) this.#speak(event.callId, 'caller', event.parties.callee, steps);
  }

  /** It has called a phone, which has answered: what is said to it comes from the command that called, or from its own configuration. */
  async connected(callId: CallId, extension: string, wish: NonNullable<After['connected']>): Promise<void> {
    const configured = this.#byNumber.get(extension);
    if (configured === undefined) return;
    const script = wish.script ?? (wish.url === undefined ? configured.script : undefined);
    const url = wish.url ?? configured.url ?? '';
    const steps = await this.#steps(callId, script, url, 'CallConnected');
    this.#speak(callId, 'callee', extension, steps);
  }

  close(): void {
    for (const number of this.#byNumber.keys()) this.#deps.numbers.remove(number);
  }

  #party(number: string): VirtualParty {
    let line: VirtualLine | undefined;
    let gone = false;
    return {
      calls: (given) => (line = given),
      describe: async (invited) => {
        const leg = line?.leg();
        if (leg === undefined || leg.role === 'caller' || invited === undefined) return NOBODY;
        const steps = await this.#asked(leg.callId, number);
        if (!gone) this.#ready.set(leg.callId, steps);
        return NOBODY;
      },
      gone: () => {
        gone = true;
      },
    };
  }

  /** @throws CallDeclined, NumberUnknown when nobody says what is to be done */
  async #asked(callId: CallId, number: string): Promise<readonly Step[]> {
    const { script, url = '' } = this.#byNumber.get(number) ?? {};
    const address = url === '' ? this.#deps.config.urls.incomingCall : url;
    if (script === undefined && address === '') throw new NumberUnknown(number);
    const steps = await this.#steps(callId, script, address, 'IncomingCall');
    if (steps[0]?.name === 'Reject') throw new CallDeclined();
    return steps;
  }

  /** A script that cannot be read, or that nobody sends, has no steps: the call is answered and hung up, as after its end. */
  async #steps(callId: CallId, script: string | undefined, url: string, NotificationName: string): Promise<readonly Step[]> {
    const { requests, facts, config, log } = this.#deps;
    const answer =
      script ?? (url === '' ? '' : await requests.ask({ url, fields: { NotificationName, ...(await facts(callId)) } }));
    try {
      return readScript(answer ?? '', config.limits.scriptBytes);
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      log.warn({ callId, why: error.message }, 'an answer is no script');
      return [];
    }
  }

  #speak(callId: CallId, phone: 'caller' | 'callee', extension: string, steps: readonly Step[]): void {
    try {
      this.#deps.scripts.start(steps, { callId, phone, extension, variables: { CallId: callId, Extension: extension } });
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      this.#deps.log.warn({ callId, why: error.message }, 'a script could not begin');
    }
  }
}
