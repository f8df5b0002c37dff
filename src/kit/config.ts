/**
 * config: sip-config/ and the environment → one validated, frozen Config.
 * A wrong key or value is a ConfigError that names file, key, what was found and what is expected.
 */
import { existsSync } from 'node:fs';
import { isIP } from 'node:net';
import { join, resolve } from 'node:path';
import type { Static, TObject } from '@sinclair/typebox';
import { Value, type ValueError } from '@sinclair/typebox/value';
import { AgentsFile } from './agents-schema.js';
import { AccountsFile, HoldfastFile, MusicFile, TrunksFile, type Config } from './config-schema.js';
import { DEMO_PASSWORDS } from './demo-passwords.js';
import { ENVIRONMENT } from './environment.js';
import { checkExpiry } from './config-expiry.js';
import { describe } from './config-words.js';
import { ConfigError } from './errors.js';
import { GuardsFile } from './guards-schema.js';
import { LimitsFile } from './limits-schema.js';
import { OzekiFile } from './ozeki-schema.js';
import { PhlosFile } from './phlos-schema.js';
import { readYaml } from './read-yaml.js';
import { RecordsFile } from './records-schema.js';
import { resolveSecrets } from './secrets.js';
import { checkSecure } from './secure-config.js';
import { WebhooksFile } from './webhooks-schema.js';

export type { Config, TrunkConfig } from './config-schema.js';
export type { ApiExtensionConfig, OzekiConfig } from './ozeki-schema.js';
export type { AgentsConfig } from './agents-schema.js';
export type { NodeConfig, PhlosConfig } from './phlos-schema.js';
export type { HookLimits, WebhooksConfig } from './webhooks-schema.js';

type Environment = Readonly<Record<string, string | undefined>>;

/** @throws ConfigError */
export function loadConfig(environment: Environment, defaultFolder: string): Config {
  const folder = resolve(environment['HOLDFAST_CONFIG'] ?? defaultFolder);
  if (!existsSync(folder))
    throw new ConfigError(`configuration folder ${folder} does not exist; set HOLDFAST_CONFIG to one that does`);
  const unveil = (found: unknown, file: string): unknown => resolveSecrets(found, { file, folder, environment });
  const read = (file: string): unknown => unveil(readYaml(folder, file), file);
  const main = unveil(withEnvironment(readYaml(folder, 'holdfast.yaml'), environment), 'holdfast.yaml');
  const holdfast = validate(HoldfastFile, main, 'holdfast.yaml', environment);
  const addresses = splitAddresses(holdfast.address);
  const webhooks = validate(WebhooksFile, read('webhooks.yaml'), 'webhooks.yaml');
  const ozeki = validate(OzekiFile, read('ozeki.yaml'), 'ozeki.yaml');
  const config: Config = {
    ...holdfast,
    folder,
    store: holdfast.store === 'memory' ? 'memory' : resolve(folder, holdfast.store),
    addresses,
    accounts: validate(AccountsFile, read('accounts.yaml'), 'accounts.yaml'),
    trunks: validate(TrunksFile, read('trunks.yaml'), 'trunks.yaml').trunks,
    music: validate(MusicFile, read('music.yaml'), 'music.yaml'),
    // A first try on loopback just works; a Holdfast that others reach must not be their way into the house.
    webhooks: { ...webhooks, allowPrivateAddresses: webhooks.allowPrivateAddresses ?? addresses.every(isLoopback) },
    plivo: validate(PhlosFile, read('phlos.yaml'), 'phlos.yaml'),
    ozeki: { ...ozeki, allowPrivateAddresses: ozeki.allowPrivateAddresses ?? addresses.every(isLoopback) },
    records: recordsOf(folder),
    agents: validate(AgentsFile, read('agents.yaml'), 'agents.yaml'),
    limits: validate(LimitsFile, read('limits.yaml'), 'limits.yaml'),
    guards: validate(GuardsFile, read('guards.yaml'), 'guards.yaml'),
  };
  checkTogether(config);
  return deepFreeze(config);
}

/** What is kept lies beside the configuration, unless the file says where. */
function recordsOf(folder: string): Config['records'] {
  const { recordings, history } = validate(RecordsFile, readYaml(folder, 'records.yaml'), 'records.yaml');
  const within = (said: string, usual: string): string => resolve(folder, said === '' ? usual : said);
  return {
    recordings: { ...recordings, folder: within(recordings.folder, 'var/recordings') },
    history: { ...history, folder: within(history.folder, 'var/history') },
  };
}

/** Keys whose value is text even when it is made of digits. */
const TEXT_KEYS: ReadonlySet<string> = new Set([
  ...'address realm ng keys redis host secret log store'.split(' '),
  'certificate',
  'key',
  'trust',
]);

/** The environment wins over the file; numbers are read as numbers so that the schema can judge them. */
function withEnvironment(file: unknown, environment: Environment): unknown {
  if (typeof file !== 'object' || file === null || Array.isArray(file)) return file;
  const merged = structuredClone(file) as Record<string, unknown>;
  for (const [variable, path] of Object.entries(ENVIRONMENT)) {
    const text = environment[variable];
    if (text === undefined || text === '') continue;
    let room = merged;
    for (const key of path.slice(0, -1)) {
      if (typeof room[key] !== 'object' || room[key] === null) room[key] = {};
      room = room[key] as Record<string, unknown>;
    }
    const key = path.at(-1) ?? '';
    room[key] = /^[0-9]+$/.test(text) && !TEXT_KEYS.has(key) ? Number(text) : text;
  }
  return merged;
}

/** @param environment where the file is not the only one that says something. */
function validate<T extends TObject>(schema: T, found: unknown, file: string, environment: Environment = {}): Static<T> {
  const filled = Value.Default(schema, structuredClone(found));
  const wrong = wrongAsWritten(schema, found) ?? Value.Errors(schema, filled).First();
  if (wrong !== undefined) throw new ConfigError(describe(wrong, file, environment));
  return filled as Static<T>;
}

/** Judged before defaults are filled in, which would quietly replace what has the wrong kind. A key that is missing has no value yet. */
function wrongAsWritten(schema: TObject, found: unknown): ValueError | undefined {
  return [...Value.Errors(schema, found)].find(({ value }) => value !== undefined);
}

function splitAddresses(text: string): readonly string[] {
  const addresses = text.split(',').map((one) => one.trim().replace(/^\[|\]$/g, ''));
  for (const address of addresses) {
    if (isIP(address) === 0) {
      throw new ConfigError(
        `holdfast.yaml: address (HOLDFAST_ADDRESS): found "${address}", expected an IPv4 or IPv6 address of this machine`,
      );
    }
  }
  return addresses;
}

function checkTogether(config: Config): void {
  const numbers = new Set<string>();
  for (const [index, phone] of config.accounts.phones.entries()) {
    if (numbers.has(phone.number))
      throw new ConfigError(`accounts.yaml: phones.${index}.number: found ${phone.number} twice, expected each number once`);
    numbers.add(phone.number);
  }
  if (config.rtpengine.portMax - config.rtpengine.portMin < 8) {
    throw new ConfigError(
      `holdfast.yaml: rtpengine.portMax: found ${config.rtpengine.portMax}, expected at least 8 more than rtpengine.portMin (${config.rtpengine.portMin})`,
    );
  }
  if (!/^$|^[^\s/@]+:[0-9]{1,5}(\/[0-9]{1,4})?$/.test(config.rtpengine.redis)) {
    throw new ConfigError(
      'holdfast.yaml: rtpengine.redis (RTPENGINE_REDIS): expected host:port/database, as in 127.0.0.1:6379/5, and no password in it',
    );
  }
  for (const [index, trunk] of config.trunks.entries()) {
    if (trunk.register && (trunk.username === undefined || trunk.password === undefined)) {
      throw new ConfigError(`trunks.yaml: trunks.${index}.register: found true, expected username and password beside it`);
    }
  }
  checkPorts(config);
  checkWebhooks(config);
  checkPhloNames(config);
  checkVoipnowClients(config);
  checkApiExtensions(config);
  checkAgents(config);
  checkExpiry(config);
  checkSecure(config);
  refuseDemoPasswords(config);
}

/** The same port twice is our own two doors, and not another program. 0 is any that is free. */
function checkPorts({ sip, http, tls }: Config): void {
  const doors: readonly (readonly [key: string, port: number])[] = [
    ['sip.port', sip.port],
    ['sip.wsPort', sip.wsPort],
    ...(tls.certificate === ''
      ? []
      : ([
          ['sip.tlsPort', sip.tlsPort],
          ['sip.wssPort', sip.wssPort],
        ] as const)),
    ['http.port', http.port],
  ];
  for (const [index, [key, port]] of doors.entries()) {
    const first = doors.slice(0, index).find((one) => one[1] === port && port !== 0);
    if (first !== undefined)
      throw new ConfigError(`holdfast.yaml: ${key}: found ${port}, which is ${first[0]} too; expected a port of its own`);
  }
}

function checkWebhooks({ webhooks, limits }: Config): void {
  const names = new Set<string>();
  const count = webhooks.webhooks.length;
  if (count > limits.webhooks)
    throw new ConfigError(
      `webhooks.yaml: webhooks: found ${count} of them, expected at most ${limits.webhooks} (limits.yaml webhooks)`,
    );
  for (const [index, { name }] of webhooks.webhooks.entries()) {
    if (names.has(name))
      throw new ConfigError(`webhooks.yaml: webhooks.${index}.name: found ${name} twice, expected each name once`);
    names.add(name);
  }
}

function checkPhloNames({ plivo, music }: Config): void {
  const twice = (ids: readonly string[]): string | undefined => ids.find((id, index) => ids.indexOf(id) !== index);
  const phlo = twice(plivo.phlos.map(({ id }) => id));
  // The successor's routes name a node without its PHLO, so a node is known by its id alone.
  const node = twice(plivo.phlos.flatMap(({ nodes }) => nodes.map(({ id }) => id)));
  if (phlo !== undefined) throw new ConfigError(`phlos.yaml: phlos: found id ${phlo} twice, expected each id once`);
  if (node !== undefined) throw new ConfigError(`phlos.yaml: phlos.nodes: found id ${node} twice, expected each id once`);
  for (const { id, voicemail } of plivo.phlos.flatMap(({ nodes }) => nodes))
    if (voicemail !== undefined && !Object.hasOwn(music.prompts, voicemail))
      throw new ConfigError(
        `phlos.yaml: phlos.nodes: ${id}: voicemail: found ${voicemail}, which is not in prompts of music.yaml`,
      );
}

function checkVoipnowClients({ accounts: { phones, voipnow } }: Config): void {
  const clients = new Set<string>();
  const numbers = new Set(phones.map(({ number }) => number));
  for (const [index, { client, extensions = [] }] of voipnow.clients.entries()) {
    const key = `accounts.yaml: voipnow.clients.${index}`;
    if (clients.has(client)) throw new ConfigError(`${key}.client: found ${client} twice, expected each client once`);
    clients.add(client);
    const unknown = extensions.find((number) => !numbers.has(number));
    if (unknown !== undefined) throw new ConfigError(`${key}.extensions: found ${unknown}, expected numbers of phones`);
  }
}

function checkApiExtensions({ accounts: { phones }, ozeki }: Config): void {
  const numbers = new Set(phones.map(({ number }) => number));
  for (const [index, { number }] of ozeki.apiExtensions.entries()) {
    if (numbers.has(number))
      throw new ConfigError(`ozeki.yaml: apiExtensions.${index}.number: found ${number}, expected a number that nobody else has`);
    numbers.add(number);
  }
}

function checkAgents({ accounts: { phones }, agents: { enabled, agents } }: Config): void {
  if (!enabled) return;
  const names = new Set<string>();
  const numbers = new Set(phones.map(({ number }) => number));
  for (const [index, { agent, phone }] of agents.entries()) {
    const key = `agents.yaml: agents.${index}`;
    if (names.has(agent)) throw new ConfigError(`${key}.agent: found ${agent} twice, expected each agent once`);
    names.add(agent);
    if (phone !== undefined && !numbers.has(phone))
      throw new ConfigError(`${key}.phone: found ${phone}, expected the number of a phone in accounts.yaml`);
  }
}

const isLoopback = (address: string): boolean => address.startsWith('127.') || address === '::1';

const isDemo = (secret: string | undefined): boolean => secret !== undefined && DEMO_PASSWORDS.has(secret);

/** Everybody knows the demo passwords: they are for loopback only. */
function refuseDemoPasswords(config: Config): void {
  const open = config.addresses.find((address) => !isLoopback(address));
  if (open === undefined) return;
  const { phones, http, tokens, voipnow } = config.accounts;
  const known =
    phones.findIndex(({ password }) => isDemo(password)) >= 0
      ? 'phones: a phone still has its demo password'
      : http.some(({ password }) => isDemo(password))
        ? 'http: a user still has the demo password'
        : tokens.some(({ token }) => isDemo(token))
          ? 'tokens: the demo token is still there'
          : voipnow.enabled && voipnow.clients.some(({ secret }) => DEMO_PASSWORDS.has(secret))
            ? 'voipnow: a client still has the demo secret'
            : undefined;
  if (known !== undefined) {
    throw new ConfigError(
      `accounts.yaml: ${known}, and address is ${open}, which others can reach. Give every phone, HTTP user and token in ` +
        `${join(config.folder, 'accounts.yaml')} a password of its own, or bind to 127.0.0.1`,
    );
  }
  if (config.plivo.enabled && config.plivo.accounts.some(({ authToken }) => DEMO_PASSWORDS.has(authToken)))
    throw new ConfigError(
      `phlos.yaml: accounts: an account still has the demo token, and address is ${open}, which others can reach. Give it an ` +
        `authToken of its own, take it out, or say enabled: false`,
    );
  if (config.agents.enabled && config.agents.agents.some(({ password }) => DEMO_PASSWORDS.has(password)))
    throw new ConfigError(
      `agents.yaml: agents: an agent still has its demo password, and address is ${open}, which others can reach. Give every agent a ` +
        `password of its own, take it out, or say enabled: false`,
    );
}

function deepFreeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value);
    Object.values(value).forEach(deepFreeze);
  }
  return value;
}
