/**
 * front-door: accounts, trunks, guard, authenticator and registrar as main builds them, on a clock that the test moves.
 */
import type { RegistrationEvent } from '#core/events.js';
import { Value } from '@sinclair/typebox/value';
import { PasswordWatch } from '#guard/password-watch.js';
import type { TrunkConfig } from '#kit/config.js';
import { GuardsFile } from '#kit/guards-schema.js';
import { systemRandom } from '#kit/ids.js';
import { Accounts } from '#registrar/accounts.js';
import { DigestGuard } from '#registrar/digest-guard.js';
import { Registrar } from '#registrar/registrar.js';
import { Trunks } from '#registrar/trunks.js';
import { Authenticator } from '#signaling/authenticate.js';
import { registerHandler } from '#signaling/register.js';
import { authorization, readChallenge, type DigestOptions } from './digest-phone.js';
import { FakeClock } from './fake-clock.js';
import { incoming, type IncomingFacts, type Sent } from './fake-srf.js';

export const CARRIER: TrunkConfig = {
  name: 'carrier',
  uri: 'sip:198.51.100.5',
  from: ['198.51.100.5'],
  stripPrefix: true,
  transit: false,
  register: false,
  registerSeconds: 300,
};

export class FrontDoor {
  readonly clock = new FakeClock();
  readonly events: RegistrationEvent[] = [];
  readonly registrar = new Registrar(this.clock, { minSec: 60, maxSec: 3600, maxContacts: 2 }, (event) =>
    this.events.push(event),
  );
  readonly #guard = new DigestGuard(
    new Accounts(
      [
        { number: '101', name: 'Alice', password: 'demo-101' },
        { number: '102', password: 'demo-102' },
        { number: '109', password: 'demo-109', requireTls: true },
      ],
      'holdfast',
    ),
    'holdfast',
    this.clock,
    systemRandom,
    new PasswordWatch(Value.Decode(GuardsFile, Value.Default(GuardsFile, {})), [], {
      clock: this.clock,
      ban: () => undefined,
      lift: () => undefined,
      welcome: () => undefined,
      tell: () => undefined,
    }),
  );
  readonly authenticator = new Authenticator(this.#guard, new Trunks([CARRIER]));
  /** How many REGISTERs were granted. */
  granted = 0;
  readonly #register = registerHandler(this.registrar, this.authenticator, () => (this.granted += 1));
  #cseq = 0;

  /** A header that opens the door for this request, unless the options spoil it. */
  key(facts: IncomingFacts, options: DigestOptions = {}): string {
    const values = this.#guard.challenges(facts.address ?? '192.0.2.7', false);
    return authorization(readChallenge(values, 'SHA-256'), {
      method: facts.method,
      uri: facts.uri ?? 'sip:holdfast',
      ...options,
    });
  }

  /** REGISTER of 101 with the right password; gives the one answer. */
  register(headers: Readonly<Record<string, string>>, more: Partial<IncomingFacts> = {}): Sent {
    const facts = { method: 'REGISTER', ...more };
    const common = {
      To: '<sip:101@holdfast>',
      From: '<sip:101@holdfast>;tag=1',
      'Call-ID': 'c',
      CSeq: `${++this.#cseq} REGISTER`,
    };
    return this.answerTo({ ...facts, headers: { ...common, Authorization: this.key(facts), ...headers } });
  }

  answerTo(facts: IncomingFacts): Sent {
    const { request, response, sent } = incoming(facts);
    this.#register(request, response);
    const [answer] = sent;
    if (answer === undefined || sent.length > 1) throw new Error(`${sent.length} answers`);
    return answer;
  }
}
