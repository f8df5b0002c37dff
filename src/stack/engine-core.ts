/**
 * engine-core: the embedded SIP engine, server side of the drachtio wire protocol: transports below, the link above, and what both share.
 */
import { createServer, type AddressInfo, type Server } from 'node:net';
import { timingSafeEqual, createHash } from 'node:crypto';
import type { Clock } from '#kit/clock.js';
import { headerValues } from '#sip/headers.js';
import type { SipRequest } from '#sip/message.js';
import { parseNameAddr } from '#sip/name-addr.js';
import { parseUri } from '#sip/uri.js';
import { readLinkCommand, writeNo, writeNok, writeOk } from '../engine/link/link-messages.js';
import type { Flow } from '../engine/transport/flow.js';
import { TimerWheel } from '../engine/timer-wheel.js';
import { Applications } from './applications.js';
import type { Dialog } from './dialog.js';
import { Inbound } from './inbound.js';
import { Outbound } from './outbound.js';
import { Session } from './session.js';
import { State } from './state.js';
import { Transports, type ListenOptions } from './transports.js';

export type EngineOptions = ListenOptions & Readonly<{ adminAddress: string; adminPort: number; secret: string }>;

/** drachtio-srf pings a server whose version reads like v0.8.2 or newer. */
const VERSION = 'v0.9.10-holdfast';
const MOST_TRANSACTIONS = 400_000;
/** With the loop this late new calls are turned away, so that those that are up do not suffer. */
const LATE_MS = 500;
const MOST_CONTACTS = 100_000;

export class Engine {
  readonly state = new State();
  readonly applications = new Applications();
  readonly inbound = new Inbound(this);
  readonly outbound = new Outbound(this);
  readonly transports: Transports;
  readonly wheel: TimerWheel;
  readonly #options: EngineOptions;
  readonly #link: Server;
  readonly #contacts = new Map<string, Flow>();
  readonly #log: (text: string) => void;
  #lateMs = 0;

  constructor(options: EngineOptions, clock: Clock, log: (text: string) => void) {
    this.#options = options;
    this.#log = log;
    this.wheel = new TimerWheel(clock, (lateMs) => (this.#lateMs = lateMs));
    this.transports = new Transports(
      { message: (text, flow) => this.inbound.message(text, flow), closed: (flow) => this.#forgetFlow(flow) },
      log,
    );
    this.#link = createServer((socket) => {
      this.applications.add(
        new Session(socket, {
          payload: (session, payload) => this.#command(session, payload),
          closed: (session, why) => {
            this.applications.remove(session);
            log(`an application disconnected: ${why}`);
          },
        }),
      );
    });
  }

  /** @throws Error naming what could not be opened. @returns the admin port. */
  async start(): Promise<number> {
    await this.transports.open(this.#options);
    const { adminAddress, adminPort } = this.#options;
    return new Promise((resolve, reject) => {
      this.#link.once('error', (error) => {
        this.transports.close();
        reject(
          new Error(
            `the drachtio link cannot listen on ${adminAddress} port ${adminPort}: ${error.message}; choose another with HOLDFAST_ADMIN_PORT`,
          ),
        );
      });
      this.#link.listen(adminPort, adminAddress, () => resolve((this.#link.address() as AddressInfo).port));
    });
  }

  stop(): void {
    for (const session of this.applications.all) session.close();
    this.#link.close();
    this.transports.close();
    this.wheel.stop();
    this.state.close();
  }

  get overloaded(): boolean {
    return this.#lateMs > LATE_MS || this.state.servers.size + this.state.clients.size > MOST_TRANSACTIONS;
  }

  removeDialog(dialog: Dialog): void {
    this.state.removeDialog(dialog);
  }

  /** A 200 to REGISTER over a connection: later requests to that Contact take the same connection. */
  rememberContacts(request: SipRequest, flow: Flow): void {
    if (flow.protocol === 'udp') return;
    for (const contact of headerValues(request, 'Contact')) {
      const key = placeOf(parseNameAddr(contact)?.uri ?? '');
      if (key !== undefined && this.#contacts.size < MOST_CONTACTS) this.#contacts.set(key, flow);
    }
  }

  contactFlow(uri: string): Flow | undefined {
    const key = placeOf(uri);
    const flow = key === undefined ? undefined : this.#contacts.get(key);
    return flow?.isOpen() === true ? flow : undefined;
  }

  #forgetFlow(flow: Flow): void {
    for (const [key, known] of this.#contacts) if (known === flow) this.#contacts.delete(key);
  }

  #command(session: Session, payload: string): void {
    const command = readLinkCommand(payload);
    if (command.kind === 'authenticate') return this.#authenticate(session, command.id, command.secret);
    if (!session.authenticated) return this.#refuse(session, command.id, 'not authenticated');
    switch (command.kind) {
      case 'ping':
        return session.send(writeOk(session.newId(), command.id, 'pong'));
      case 'route':
        this.applications.route(command.method, session);
        return session.send(writeOk(session.newId(), command.id));
      case 'remove-route':
        this.applications.unroute(command.method, session);
        return session.send(writeOk(session.newId(), command.id));
      case 'sip':
        return this.outbound.command(session, command);
      case 'proxy':
        return session.send(writeNok(session.newId(), command.id, 'this engine does not proxy; it is a user agent'));
      case 'unknown':
        return this.#refuse(session, command.id, 'Unknown message type');
    }
  }

  #authenticate(session: Session, id: string, secret: string): void {
    const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
    if (!timingSafeEqual(digest(secret), digest(this.#options.secret))) {
      this.#log('an application came with a wrong secret');
      return this.#refuse(session, id, 'incorrect secret');
    }
    session.authenticated = true;
    const places = this.transports.hostports.join(',');
    session.send(writeOk(session.newId(), id, places, VERSION, places));
  }

  #refuse(session: Session, id: string, reason: string): void {
    session.send(writeNo(session.newId(), id, reason));
    session.close();
  }
}

function placeOf(uri: string): string | undefined {
  const parsed = parseUri(uri);
  return parsed === undefined ? undefined : `${parsed.user ?? ''}@${parsed.host}:${parsed.port ?? ''}`;
}
