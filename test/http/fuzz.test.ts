/**
 * Goal: whatever is sent to any door, there is an answer, it is no fault of ours, and it tells nothing of the house. Method: seeded random
 * requests to every path that /openapi.json knows and to their neighbours, with good and bad credentials and bodies of all kinds. A failure
 * names its seed; FUZZ_SEED and FUZZ_REQUESTS run others, and more.
 */
import type { InjectOptions } from 'fastify';
import t from 'tap';
import { callView, FakeCalls } from '../support/fake-calls.js';
import { appFixture, BASIC, BEARER } from '../support/http-fixture.js';

const SEED = Number(process.env['FUZZ_SEED'] ?? 20_260_101);
const REQUESTS = Number(process.env['FUZZ_REQUESTS'] ?? 4000);
const METHODS = ['GET', 'POST', 'PUT', 'DELETE', 'PATCH', 'HEAD', 'OPTIONS'] as const;
const TYPES = [
  'application/json',
  'application/json; charset=utf-8',
  'application/x-www-form-urlencoded',
  'multipart/form-data; boundary=b',
  'multipart/form-data; boundary="',
  'multipart/form-data',
  'application/xml',
  'text/xml; charset=utf-16',
  'text/plain',
  'application/octet-stream',
  'x',
  '',
];
/** What is sent where one word is expected. */
const WORDS = [
  'call1',
  'demo-phlo',
  'demo-node',
  'demo',
  '@me',
  '@self',
  '101',
  '102',
  'sip:102@pbx.local',
  'all',
  'name_demo-node',
  'Hold',
  'hold',
  'OnHold',
  'default',
  '',
  '0',
  '-1',
  '1e999',
  'null',
  '__proto__',
  'constructor',
  'toString',
  '..',
  '../../etc/passwd',
  '%',
  '%00',
  '%ff',
  '%u0041',
  'a'.repeat(3000),
  '\u0000',
  '\u{1f4a9}',
  '\ud800',
  '‮',
  '<!DOCTYPE x [<!ENTITY y SYSTEM "file:///etc/passwd">]><x>&y;</x>',
  "' OR 1=1 --",
  '${jndi:ldap://x}',
  '\r\nX-Injected: 1',
] as const;
const FIELDS = [
  'action',
  'command',
  'CallId',
  'Caller',
  'Callee',
  'caller',
  'callee',
  'calls',
  'numbers',
  'to',
  'from',
  'role',
  'trigger_source',
  'hold',
  'mute',
  'coach_mode',
  'holder',
  'music',
  'phoneCallView',
  'phoneCallViewId',
  'grant_type',
  'client_id',
  'Username',
  'Password',
  'url',
  'kinds',
  'Text',
  'Party',
  'AudioFile',
  'called',
  'password',
  'phonenum',
  '__proto__',
  'constructor',
  '',
] as const;

/** What fits somewhere, so that some requests get as far as the calls. */
const FITTING: Readonly<Record<string, readonly (string | boolean)[]>> = {
  callId: ['call1'],
  phloId: ['demo-phlo'],
  nodeId: ['demo-node'],
  authId: ['demo'],
  memberAddress: ['101', 'sip:102@pbx.local'],
  memberId: ['all', '102'],
  mpc: ['name_demo-node', 'uuid_call1'],
  user: ['@me'],
  extension: ['@self', '210'],
  action: ['hold', 'unhold', 'mute', 'hangup', 'call', 'cold_transfer', 'abort_transfer', 'OnHold', 'OffHold', 'Transfer'],
  role: ['agent', 'customer'],
  caller: ['101'],
  callee: ['102'],
  to: ['103'],
  from: ['101'],
  trigger_source: ['101', '104'],
  hold: [true, 'true', false],
  mute: [true, false],
  holder: ['caller', 'callee'],
  grant_type: ['client_credentials'],
};

/** mulberry32: the same numbers on every machine. */
function dice(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let x = Math.imul(state ^ (state >>> 15), 1 | state);
    x = (x + Math.imul(x ^ (x >>> 7), 61 | x)) ^ x;
    return ((x ^ (x >>> 14)) >>> 0) / 2 ** 32;
  };
}

class Fuzzer {
  readonly #roll: () => number;

  constructor(seed: number) {
    this.#roll = dice(seed);
  }

  below(n: number): number {
    return Math.floor(this.#roll() * n);
  }

  one<T>(items: readonly T[]): T {
    const item = items[this.below(items.length)];
    if (item === undefined) throw new Error('nothing to choose from');
    return item;
  }

  value(depth = 0): unknown {
    const kinds = depth > 3 ? 5 : 7;
    switch (this.below(kinds)) {
      case 0:
        return this.below(2) === 0;
      case 1:
        return this.one([0, -1, 1.5, 1e308, -0, Number.MAX_SAFE_INTEGER]);
      case 2:
        return null;
      case 3:
      case 4:
        return this.one(WORDS);
      case 5:
        return Array.from({ length: this.below(4) }, () => this.value(depth + 1));
      default:
        return this.fields(depth + 1);
    }
  }

  fields(depth = 0): Record<string, unknown> {
    const entries = Array.from({ length: this.below(6) }, () => {
      const name = this.one(FIELDS);
      return [name, this.#fitting(name) ?? this.value(depth)] as const;
    });
    return Object.fromEntries(entries);
  }

  /** undefined: this time something that does not fit. */
  #fitting(name: string): string | boolean | undefined {
    const values = Object.hasOwn(FITTING, name) ? FITTING[name] : undefined;
    return values === undefined || this.below(4) === 0 ? undefined : this.one(values);
  }

  bytes(length: number): Buffer {
    return Buffer.from(Array.from({ length }, () => this.below(256)));
  }

  /** Cut short, or with one piece changed. */
  broken(text: string): string {
    const at = this.below(text.length + 1);
    return this.below(2) === 0 ? text.slice(0, at) : `${text.slice(0, at)}${this.one(WORDS)}${text.slice(at + 1)}`;
  }

  multipart(): string {
    const parts = Array.from({ length: this.below(4) }, () => {
      const file = this.below(4) === 0 ? '; filename="x"' : '';
      return `--b\r\nContent-Disposition: form-data; name="${this.one(FIELDS)}"${file}\r\n\r\n${this.one(WORDS)}\r\n`;
    });
    return `${parts.join('')}--b--\r\n`;
  }

  xml(): string {
    const element = this.one(['Response', 'Hold', 'Speak', 'response', 'x:y']);
    const attributes = `${this.one(FIELDS) || 'a'}="${this.one(WORDS)}"`;
    return `<?xml version="1.0"?><${element} ${attributes}>${this.one(WORDS)}</${element}>`;
  }

  /** Mostly of the type that it says. */
  request(): Readonly<{ type: string; payload: string | Buffer }> {
    const form = (): string =>
      new URLSearchParams(
        Object.entries(this.fields()).map(([name, value]): [string, string] => [name, String(value)]),
      ).toString();
    if (this.below(40) === 0) return { type: 'application/json', payload: ' '.repeat(60_000 + this.below(20_000)) };
    switch (this.below(5)) {
      case 0:
      case 1:
        return { type: 'application/json', payload: JSON.stringify(this.fields()) };
      case 2:
        return { type: 'application/x-www-form-urlencoded', payload: form() };
      case 3:
        return { type: 'multipart/form-data; boundary=b', payload: this.multipart() };
      default:
        return { type: this.one(TYPES), payload: this.body() };
    }
  }

  body(): string | Buffer {
    switch (this.below(11)) {
      case 0:
        return JSON.stringify(this.value());
      case 1:
      case 2:
        return JSON.stringify(this.fields());
      case 3:
        return this.broken(JSON.stringify(this.fields()));
      case 4:
        return new URLSearchParams(
          Object.entries(this.fields()).map(([name, value]): [string, string] => [name, String(value)]),
        ).toString();
      case 5:
        return this.multipart();
      case 6:
        return this.broken(this.multipart());
      case 7:
        return this.below(2) === 0 ? this.xml() : this.broken(this.xml());
      case 8:
        return this.bytes(this.below(300));
      case 9: {
        const deep = 1 + this.below(20_000);
        return this.one(['['.repeat(deep), '{"a":'.repeat(deep), '<a>'.repeat(deep), `${'['.repeat(deep)}${']'.repeat(deep)}`]);
      }
      default:
        return this.one(['x', '9', ' ', '&a=']).repeat(this.below(80_000));
    }
  }

  path(known: string): string {
    const filled = known.replace(/\{([^}]+)\}/g, (_all, name: string) => {
      const fits = this.#fitting(name);
      return fits === undefined ? this.segment() : encodeURIComponent(String(fits));
    });
    switch (this.below(8)) {
      case 0:
        return `${filled}/`;
      case 1:
        return `${filled}/${this.segment()}`;
      case 2:
        return filled.slice(0, 1 + this.below(filled.length));
      default:
        return filled;
    }
  }

  segment(): string {
    const word = this.one(WORDS);
    return this.below(3) === 0 ? word.replace(/[\s\u0000\u{80}-\u{10ffff}\ud800-\udfff]/gu, '') : encoded(word);
  }

  query(): string {
    if (this.below(2) === 0) return '';
    const pairs = Array.from({ length: this.below(4) }, () => `${encoded(this.one(FIELDS))}=${encoded(this.one(WORDS))}`);
    return `?${pairs.join('&')}`;
  }
}

/** A lone surrogate has no UTF-8: it goes as the bytes that some clients make of it. */
const encoded = (word: string): string => (word === '\ud800' ? '%ed%a0%80' : encodeURIComponent(word));

t.test(`${REQUESTS} random requests, seed ${SEED}`, async (t) => {
  const { app, logged } = await appFixture(t, new FakeCalls(callView()));
  const document = (await app.inject({ url: '/openapi.json' })).json<{ paths: Record<string, object> }>();
  // An endless answer; event-streams.test.ts has it.
  const known = Object.keys(document.paths).filter((path) => path !== '/events');
  for (const door of ['/calls', '/v1/phlo', '/uapi/phoneCalls', '/oauth/token.php', '/api'])
    t.ok(
      known.some((path) => path.startsWith(door)),
      `${door} is among them`,
    );
  const token = await app.inject({
    method: 'POST',
    url: '/oauth/token.php',
    payload: 'client_id=demo&client_secret=demo&grant_type=client_credentials',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
  });
  const plivo = { authorization: `Basic ${Buffer.from('demo:demo-token').toString('base64')}` };
  const voipnow = { authorization: `Bearer ${token.json<{ access_token: string }>().access_token}` };
  const offers: readonly Record<string, string>[] = [BASIC, BEARER, plivo, voipnow, { authorization: 'Basic ////' }, {}];
  const fitting = (path: string) => (path.startsWith('/v1') ? plivo : path.startsWith('/uapi') ? voipnow : BASIC);
  const home = process.cwd();
  const fuzz = new Fuzzer(SEED);
  const faults: string[] = [];
  const statuses = new Map<number, number>();
  for (let index = 0; index < REQUESTS; index++) {
    const asked = fuzz.one(known);
    const path = fuzz.path(asked);
    const methods = Object.keys(document.paths[asked] ?? {}).map((method) => method.toUpperCase() as (typeof METHODS)[number]);
    const method = fuzz.below(4) === 0 ? fuzz.one(METHODS) : fuzz.one(methods);
    if (/^\/events\b/i.test(path) && method === 'GET') continue;
    const own = path.startsWith('/api') || path === '/' ? '&Username=HTTP_User_1&Password=qwe123' : '';
    const query = fuzz.query();
    const url = `${path}${query === '' && own !== '' ? '?' : query}${own}`;
    const { type, payload: body } = fuzz.request();
    const headers = {
      ...(fuzz.below(4) === 0 ? fuzz.one(offers) : fitting(path)),
      ...(type === '' ? {} : { 'content-type': type }),
    };
    const payload = method === 'GET' || method === 'HEAD' ? {} : { payload: body };
    const request: InjectOptions = { method, url, headers, ...payload };
    const shown = `${method} ${url.slice(0, 200)} ${type} ${String(payload.payload ?? '').slice(0, 200)}`;
    const answer = await app.inject(request).catch((error: Error) => error);
    if (answer instanceof Error) {
      faults.push(`no answer: ${answer.message}: ${shown}`);
      continue;
    }
    statuses.set(answer.statusCode, (statuses.get(answer.statusCode) ?? 0) + 1);
    if (answer.statusCode === 500 || answer.body.includes('<Code>500<')) faults.push(`a fault: ${shown}`);
    if (answer.body.includes(home) || /node_modules|\.[tj]s:\d|\n\s+at /.test(answer.body)) faults.push(`a leak: ${shown}`);
    if (answer.headers['x-injected'] !== undefined) faults.push(`a header of the sender's: ${shown}`);
  }
  t.same(faults.slice(0, 5), []);
  t.notMatch(logged(), /a request met a fault/);
  t.equal((await app.inject({ url: '/health' })).statusCode, 200, 'and it is well');
  // Random requests that get no further than the door would prove little.
  for (const status of [200, 400, 401, 404, 405, 413, 415]) t.ok((statuses.get(status) ?? 0) > 0, `some were answered ${status}`);
});
