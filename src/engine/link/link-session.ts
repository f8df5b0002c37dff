/**
 * link-session: one connected application: authenticates it, reads its commands, writes what it is told. What a SIP command
 * does is decided by the LinkUser; who gets which request by the roster.
 */
import { timingSafeEqual, createHash } from 'node:crypto';
import type { Socket } from 'node:net';
import type { Logger } from '#kit/log.js';
import { assertNever } from '#kit/errors.js';
import type { Clock } from '#kit/clock.js';
import type { App, ReadMark } from './app.js';
import { CERTAINLY_READ_MS, Fence, type AskFence } from './fence.js';
import { FrameReader, writeFrame } from './frame.js';
import {
  readLinkCommand,
  writeNo,
  writeNok,
  writeNotice,
  writeOk,
  writeProxiedResponse,
  writeRequestSent,
  writeResponseSent,
  type LinkCommand,
  type ProxyCommand,
  type Sent,
  type SipCommand,
  type SipNotice,
} from './link-messages.js';

export interface LinkUser {
  authenticated(session: LinkSession): void;
  route(session: LinkSession, method: string): void;
  removeRoute(session: LinkSession, method: string): void;
  sip(session: LinkSession, command: SipCommand): void;
  proxy(session: LinkSession, command: ProxyCommand): void;
  closed(session: LinkSession): void;
}

export type LinkFacts = Readonly<{
  secret: string;
  clock: Clock;
  log: Logger;
  askFence: AskFence;
  nextId: () => string;
  /** The three fields of a successful authenticate: host ports, version, local host ports. */
  welcome: () => readonly [string, string, string];
}>;

/** An application that does not say who it is within this time is sent away. */
const AUTHENTICATE_MS = 10_000;
/** What may wait for an application that does not read; above it the connection is cut. */
const MAX_UNSENT_BYTES = 64 * 1024 * 1024;
/** Above this no new requests are given to it. */
const SLOW_UNSENT_BYTES = 8 * 1024 * 1024;

export class LinkSession implements App {
  readonly peer: string;
  readonly #socket: Socket;
  readonly #facts: LinkFacts;
  readonly #user: LinkUser;
  readonly #reader = new FrameReader();
  readonly #fence: Fence;
  readonly #impatience: { cancel(): void };
  #authenticated = false;
  #closed = false;
  #out = '';
  #flushing = false;
  #written = 0;

  constructor(socket: Socket, facts: LinkFacts, user: LinkUser) {
    this.#socket = socket;
    this.#facts = facts;
    this.#user = user;
    this.peer = `${socket.remoteAddress ?? '?'}:${socket.remotePort ?? '?'}`;
    this.#fence = new Fence(facts.askFence, () => {
      this.#flush();
      return this.#written;
    });
    this.#impatience = facts.clock.after('link authenticate', AUTHENTICATE_MS, () => this.close('it did not authenticate'));
    socket.setNoDelay(true);
    socket.setKeepAlive(true, 45_000);
    socket.setEncoding('latin1');
    socket.on('data', (chunk: string) => this.#read(chunk));
    socket.on('error', (error) => this.close(error.message));
    socket.on('close', () => this.close('it disconnected'));
  }

  isOpen(): boolean {
    return this.#authenticated && !this.#closed;
  }

  /** It does not keep up: new requests go to another, or are refused. */
  isSlow(): boolean {
    return this.#socket.writableLength > SLOW_UNSENT_BYTES;
  }

  notify(notice: SipNotice): void {
    this.#write(writeNotice(this.#facts.nextId(), notice));
  }

  requestSent(id: string, sent: Sent): void {
    this.#write(writeRequestSent(this.#facts.nextId(), id, sent));
  }

  responseSent(id: string, sent: Sent & Readonly<{ dialogId: string }>): void {
    this.#write(writeResponseSent(this.#facts.nextId(), id, sent));
  }

  proxied(id: string, sent: Sent): void {
    this.#write(writeProxiedResponse(this.#facts.nextId(), id, sent));
  }

  ok(id: string, ...fields: readonly string[]): void {
    this.#write(writeOk(this.#facts.nextId(), id, ...fields));
  }

  nok(id: string, reason: string): void {
    this.#write(writeNok(this.#facts.nextId(), id, reason));
  }

  mark(): ReadMark {
    return { app: this, frames: this.#written, writtenMs: this.#facts.clock.now() };
  }

  hasRead(mark: ReadMark): void {
    if (mark.app === this) this.#fence.learn(mark.frames);
  }

  afterRead(mark: ReadMark, next: () => void): void {
    const settled =
      mark.app !== this || this.#fence.hasRead(mark.frames) || this.#facts.clock.now() - mark.writtenMs > CERTAINLY_READ_MS;
    if (settled || !this.#fence.wait(mark.frames, next)) next();
  }

  /** Closing twice is closing once. */
  close(why: string): void {
    if (this.#closed) return;
    this.#flush();
    this.#closed = true;
    this.#impatience.cancel();
    this.#fence.close();
    this.#socket.end();
    this.#socket.destroySoon();
    this.#facts.log.info({ app: this.peer, why }, 'application gone');
    this.#user.closed(this);
  }

  #read(chunk: string): void {
    if (this.#closed) return;
    const result = this.#reader.push(chunk);
    if (result.kind === 'bad') {
      this.#facts.log.warn({ app: this.peer, why: result.why }, 'an application broke the framing');
      return this.close(result.why);
    }
    for (const payload of result.payloads) {
      if (this.#closed) return;
      this.#obey(readLinkCommand(payload));
    }
  }

  #obey(command: LinkCommand): void {
    if (command.kind === 'authenticate') return this.#authenticate(command.id, command.secret);
    if (!this.#authenticated) return this.#sendAway(command.id, 'not authenticated');
    switch (command.kind) {
      case 'ping':
        return this.ok(command.id, 'pong');
      case 'route':
        this.#user.route(this, command.method);
        return this.ok(command.id);
      case 'remove-route':
        this.#user.removeRoute(this, command.method);
        return this.ok(command.id);
      case 'sip':
        return this.#user.sip(this, command);
      case 'proxy':
        return this.#user.proxy(this, command);
      case 'unknown':
        return this.#sendAway(command.id, 'Unknown message type');
      default:
        assertNever(command);
    }
  }

  #authenticate(id: string, secret: string): void {
    if (!sameSecret(secret, this.#facts.secret)) return this.#sendAway(id, 'incorrect secret');
    this.ok(id, ...this.#facts.welcome());
    if (this.#authenticated) return;
    this.#authenticated = true;
    this.#impatience.cancel();
    this.#facts.log.info({ app: this.peer }, 'application connected');
    this.#user.authenticated(this);
  }

  #sendAway(id: string, why: string): void {
    this.#write(writeNo(this.#facts.nextId(), id, why));
    this.close(why);
  }

  /** One write per loop turn: the wake-up of the other side costs more than the message. */
  #write(payload: string): void {
    if (this.#closed) return;
    this.#out += writeFrame(payload);
    this.#written++;
    if (this.#flushing) return;
    this.#flushing = true;
    setImmediate(() => this.#flush());
  }

  #flush(): void {
    this.#flushing = false;
    if (this.#out === '' || this.#closed) return;
    const out = this.#out;
    this.#out = '';
    if (this.#socket.writableLength + out.length > MAX_UNSENT_BYTES) return this.close('it does not read');
    this.#socket.write(out, 'latin1');
  }
}

/** Compared in constant time, whatever the lengths. */
function sameSecret(given: string, expected: string): boolean {
  const hash = (text: string): Buffer => createHash('sha256').update(text, 'utf8').digest();
  return timingSafeEqual(hash(Buffer.from(given, 'latin1').toString('utf8')), hash(expected));
}
