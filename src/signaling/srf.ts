/**
 * srf: the narrow typed surface of drachtio-srf that we trust: requests out, requests in, responses. Its Dialog class is not
 * used: dialog.modify() hangs for ever after a refused re-INVITE, and its hold detection sees only one kind of hold
 * (architecture.md section 10, traps 1 to 4 and 9).
 */
import { createRequire } from 'node:module';
import type { Socket } from 'node:net';
import { ConfigError } from '#kit/errors.js';
import type { Logger } from '#kit/log.js';
import { EngineLoss } from './engine-loss.js';
import { findQuickly } from './header-lookup.js';

export type Headers = Readonly<Record<string, string>>;
export type MessageOptions = Readonly<{ headers?: Headers; body?: string }>;

export interface SrfMessage {
  readonly body?: string;
  get(name: string): string | undefined;
  has(name: string): boolean;
}

export interface SrfRequest extends SrfMessage {
  readonly method: string;
  readonly uri: string;
  readonly source: 'network' | 'application';
  readonly source_address: string;
  readonly source_port: number;
  readonly protocol: string;
  readonly stackDialogId?: string;
  /** The connection it came by. */
  readonly socket?: Socket;
  on(event: 'response', listener: (response: SrfResponse, ack: AckFunction) => void): this;
  on(event: 'cancel', listener: () => void): this;
  on(event: 'update', listener: (request: SrfRequest, response: SrfResponse) => void): this;
  cancel(options: Readonly<{ headers?: Headers }>, callback: (error: Error | null) => void): void;
}

/** What went wrong, in words. */
export const wordsOf = (error: unknown): string =>
  error instanceof Error ? error.message : typeof error === 'string' ? error : 'no reason given';

export type AckFunction = (options?: MessageOptions) => void;
/** `error` is an Error or, from a refused response, a bare string. */
export type SentCallback = (error: unknown, sent?: SrfMessage) => void;

export interface SrfResponse extends SrfMessage {
  readonly status: number;
  readonly reason: string;
  /** Empty where the answer is the engine's own. */
  readonly source_address?: string;
  readonly stackDialogId?: string;
  send(status: number, options?: MessageOptions, sent?: SentCallback, acked?: (ack: SrfRequest) => void): void;
  send(status: number, reason: string, options?: MessageOptions, sent?: SentCallback, acked?: (ack: SrfRequest) => void): void;
}

export type RequestOptions = MessageOptions &
  Readonly<{
    method: string;
    /** Required even in a dialog: drachtio-srf throws without it. There `IN_DIALOG` stands for the remote target. */
    uri: string;
    /** Next hop, when it is not the request URI's own host. */
    proxy?: string;
    /** Names a dialog: tags, CSeq, route set and request URI are filled in. */
    stackDialogId?: string;
  }>;

export type RequestHandler = (request: SrfRequest, response: SrfResponse) => void;

/** drachtio's word for "whatever this dialog's remote target is". */
export const IN_DIALOG = 'sip:placeholder';

type ConnectOptions = Readonly<{
  host: string;
  port: number;
  secret: string;
  enablePing?: boolean;
  /** Without a limit each pause is longer than the one before, for ever. */
  reconnect?: Readonly<{ retryMaxDelay: number }>;
}>;

/** The one connection to a drachtio-server or the embedded engine. */
export interface Srf {
  use(method: string, handler: RequestHandler): void;
  request(options: RequestOptions, callback: (error: Error | null, request?: SrfRequest) => void): void;
  connect(options: ConnectOptions): void;
  disconnect(): void;
  on(event: 'connect', listener: (error: Error | null, hostports: string, version: string) => void): void;
  on(event: 'error', listener: (error: Error) => void): void;
  on(event: 'close' | 'reconnecting', listener: () => void): void;
}

export type SipConnection = Readonly<{ hostports: readonly string[]; version: string }>;

type SrfStatics = Readonly<{ SipMessage: Parameters<typeof findQuickly>[0] }>;

/** drachtio-srf is CommonJS without types; this is the only place that meets it untyped. */
export function newSrf(): Srf {
  const SrfClass = createRequire(import.meta.url)('drachtio-srf') as { new (): Srf } & SrfStatics;
  findQuickly(SrfClass.SipMessage);
  return new SrfClass();
}

/**
 * drachtio-srf prints on the console whatever it cannot read, with the passwords and keys that are in it. To be called before it hears anything;
 * the kind of its complaint is enough to look for it.
 */
export function hushLibrary(log: Logger): void {
  console.error = (first: unknown): void =>
    log.error({ kind: first instanceof Error ? first.name : typeof first }, 'a library complained');
}

/** An engine that was killed is back in a second or two, and its phones wait. */
const RECONNECT_MS = 500;

/**
 * Connects and waits for the first authenticated connection; later breaks are drachtio-srf's to mend.
 * @param back called after each of those, when SIP can be spoken again.
 * @throws ConfigError when the secret is wrong or nobody answers in `timeoutMs`.
 */
export function connectSrf(
  srf: Srf,
  target: Readonly<{ host: string; port: number; secret: string }>,
  timeoutMs: number,
  log: Logger,
  back: () => void = () => undefined,
): Promise<SipConnection> {
  const loss = EngineLoss.of(srf);
  return new Promise((resolve, reject) => {
    const where = `${target.host}:${target.port}`;
    let connected = false;
    const timer = setTimeout(() => {
      stopTrying(srf);
      reject(new ConfigError(`no drachtio-server answered at ${where} within ${timeoutMs} ms (DRACHTIO_HOST, DRACHTIO_PORT)`));
    }, timeoutMs);
    srf.on('error', (error) => log.warn({ why: error.message }, `connection to the SIP engine at ${where} failed`));
    // Not told when it is we who disconnect.
    srf.on('reconnecting', () => {
      if (connected && !loss.isLost) log.error(`the SIP engine at ${where} is lost; calls wait for it`);
      if (connected) loss.lose();
    });
    srf.on('connect', (error, hostports, version) => {
      clearTimeout(timer);
      if (error) return reject(new ConfigError(`the drachtio-server at ${where} refused the secret (DRACHTIO_SECRET)`));
      connected = true;
      if (loss.find()) {
        log.warn(`the SIP engine at ${where} is back`);
        back();
      }
      resolve({ hostports: hostports.split(',').filter((one) => one !== ''), version });
    });
    srf.connect({ ...target, enablePing: true, reconnect: { retryMaxDelay: RECONNECT_MS } });
  });
}

/** drachtio-srf throws when it is told to disconnect before it was ever connected. */
function stopTrying(srf: Srf): void {
  try {
    srf.disconnect();
  } catch {
    return; // there was no connection to end
  }
}
