/**
 * trunk-registrations: we register with trunks that want it (RFC 3261 §10.2), renew in time, and say goodbye.
 */
import { isDeepStrictEqual } from 'node:util';
import type { Clock, Timer } from '#kit/clock.js';
import type { TrunkConfig } from '#kit/config.js';
import type { Logger } from '#kit/log.js';
import { newSipCallId } from '#kit/ids.js';
import { noLongerThan } from '#kit/no-longer-than.js';
import { splitList } from '#sip/headers.js';
import { parseNameAddr } from '#sip/name-addr.js';
import { parseUri, writeUri } from '#sip/uri.js';
import { answerChallenge, isStale } from './client-digest.js';
import { userPart } from './sip-words.js';
import type { Headers, Srf, SrfMessage } from './srf.js';

const FIRST_RETRY_MS = 5_000;
const LONGEST_RETRY_MS = 5 * 60_000;
const SOONEST_MS = 1000;
const LONGEST_EXPIRES_SEC = 86_400;
/** Longer than timer F of the engine and one challenge take together. */
const ANSWER_MS = 80_000;
/** How long stopping waits for the trunk to hear that we go. */
const GOODBYE_MS = 500;

type Outcome = Readonly<{ kind: 'registered'; expiresSec: number }> | Readonly<{ kind: 'failed'; why: string }>;

class TrunkRegistration {
  readonly #srf: Srf;
  readonly #trunk: TrunkConfig;
  readonly #clock: Clock;
  readonly #log: Logger;
  readonly #callId = newSipCallId();
  #cseq = 0;
  /** What we ask for: the configured time, or more where the trunk wants more. */
  #expiresSec: number;
  #timer: Timer | undefined;
  #retryMs = FIRST_RETRY_MS;
  #stopped = false;

  constructor(srf: Srf, trunk: TrunkConfig, clock: Clock, log: Logger) {
    this.#srf = srf;
    this.#trunk = trunk;
    this.#expiresSec = trunk.registerSeconds;
    this.#clock = clock;
    this.#log = log.child({ trunk: trunk.name });
  }

  async register(): Promise<void> {
    if (this.#stopped) return;
    const outcome = await this.#try(this.#expiresSec);
    if (this.#stopped) return;
    if (outcome.kind === 'registered') {
      this.#retryMs = FIRST_RETRY_MS;
      this.#log.info({ expiresSec: outcome.expiresSec }, 'registered with trunk');
      this.#again(Math.max(SOONEST_MS, outcome.expiresSec * 500)); // at half of it
    } else {
      this.#log.warn({ why: outcome.why }, 'not registered with trunk');
      this.#again(this.#retryMs);
      this.#retryMs = Math.min(this.#retryMs * 2, LONGEST_RETRY_MS);
    }
  }

  async stop(): Promise<void> {
    if (this.#stopped) return;
    this.#stopped = true;
    this.#timer?.cancel();
    await noLongerThan(GOODBYE_MS, 'trunk goodbye', this.#clock, this.#try(0));
  }

  /**
   * drachtio-srf throws while it is not connected, and forgets what it was asked when the connection breaks.
   * Both are one more reason to try later, never to stop trying.
   */
  async #try(expiresSec: number): Promise<Outcome> {
    try {
      const outcome = await noLongerThan(ANSWER_MS, 'trunk answer', this.#clock, this.#send(expiresSec));
      return outcome ?? { kind: 'failed', why: 'no answer' };
    } catch (error) {
      return { kind: 'failed', why: error instanceof Error ? error.message : 'not sent' };
    }
  }

  #again(ms: number): void {
    this.#timer = this.#clock.after(`register with ${this.#trunk.name}`, ms, () => void this.register());
  }

  /** One REGISTER, and a second one when it is challenged (RFC 3261 §22.2), a third where the nonce was too old (RFC 7616 §3.3). */
  #send(expiresSec: number, extra: Headers = {}, tries = 0): Promise<Outcome> {
    const uri = this.#trunk.uri;
    const user = userPart(this.#trunk.username ?? '');
    const peer = parseUri(uri);
    const aor = peer === undefined ? uri : writeUri({ ...peer, user: this.#trunk.username, params: new Map() });
    const headers: Headers = {
      From: `<${aor}>`,
      To: `<${aor}>`,
      Contact: `<sip:${user}@localhost>`,
      Expires: String(expiresSec),
      'Call-ID': this.#callId,
      CSeq: `${++this.#cseq} REGISTER`,
      ...extra,
    };
    return new Promise((resolve, reject) => {
      this.#srf.request({ method: 'REGISTER', uri, headers }, (error, request) => {
        if (error || request === undefined) return resolve({ kind: 'failed', why: error?.message ?? 'not sent' });
        request.on('response', (response) => {
          if (response.status < 200) return;
          if (response.status < 300)
            return resolve({
              kind: 'registered',
              expiresSec: grantedSec(response, request.get('Contact'), expiresSec),
            });
          // RFC 3261 §10.2.8: 423 names the shortest time; the next try asks for it.
          const minSec = response.status === 423 ? Number(response.get('Min-Expires')) : 0;
          if (minSec > this.#expiresSec && minSec <= LONGEST_EXPIRES_SEC) this.#expiresSec = minSec;
          const { username = '', password = '' } = this.#trunk;
          const challenged = response.status === 401 || response.status === 407;
          const again =
            challenged && (tries === 0 || (tries === 1 && isStale(response)))
              ? answerChallenge(response, { username, password }, 'REGISTER', uri)
              : undefined;
          // Who has said goodbye meanwhile does not come back.
          if (again === undefined || (this.#stopped && expiresSec > 0))
            return resolve({ kind: 'failed', why: `${response.status} ${response.reason}` });
          this.#send(expiresSec, again, tries + 1).then(resolve, reject);
        });
      });
    });
  }
}

/**
 * RFC 3261 §10.2.4, §10.3 step 8: the answer lists every device of the account, each with its own time. Ours is the one that we wrote; where the
 * trunk has written it otherwise, the shortest time is safe.
 */
function grantedSec(response: SrfMessage, sent: string | undefined, asked: number): number {
  const ours = parseNameAddr(sent ?? '')?.uri;
  const all = splitList(response.get('Contact') ?? '').flatMap((one) => parseNameAddr(one) ?? []);
  const own = all.filter(({ uri }) => uri === ours);
  const times = (own.length > 0 ? own : all).map(({ params }) => Number(params.get('expires') ?? NaN)).filter((sec) => sec > 0);
  return times.length > 0 ? Math.min(...times) : Number(response.get('Expires') ?? asked) || asked;
}

type Registered = Readonly<{ trunk: TrunkConfig; registration: TrunkRegistration }>;

export class TrunkRegistrations {
  readonly #make: (trunk: TrunkConfig) => TrunkRegistration;
  #registrations: readonly Registered[];

  constructor(srf: Srf, trunks: readonly TrunkConfig[], clock: Clock, log: Logger) {
    this.#make = (trunk) => new TrunkRegistration(srf, trunk, clock, log);
    this.#registrations = trunks.filter((trunk) => trunk.register).map((trunk) => ({ trunk, registration: this.#make(trunk) }));
  }

  begin(): void {
    for (const { registration } of this.#registrations) void registration.register();
  }

  /** Other trunks from now on: what has not changed stays registered, what is gone says goodbye. */
  replace(trunks: readonly TrunkConfig[]): void {
    const before = this.#registrations;
    const kept = (trunk: TrunkConfig): Registered | undefined => before.find((one) => isDeepStrictEqual(one.trunk, trunk));
    this.#registrations = trunks
      .filter((trunk) => trunk.register)
      .map((trunk) => kept(trunk) ?? { trunk, registration: this.#make(trunk) });
    const gone = before.filter((one) => !this.#registrations.includes(one));
    const added = this.#registrations.filter((one) => !before.includes(one));
    // A goodbye that comes after the REGISTER of the same account takes its binding away (RFC 3261 §10.3 step 7).
    const said = Promise.all(gone.map(({ registration }) => registration.stop()));
    for (const { registration } of added) void said.then(() => registration.register());
  }

  async stop(): Promise<void> {
    await Promise.all(this.#registrations.map(({ registration }) => registration.stop()));
  }
}
