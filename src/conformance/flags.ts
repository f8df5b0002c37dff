/**
 * flags: the command line of the kit, read into values; what it cannot read is said in one line. Does nothing with them.
 */
import { parseArgs } from 'node:util';
import { ConfigError } from '#kit/errors.js';
import type { RestOptions } from './control.js';
import type { HostPort, Transport } from './phone/wire.js';
import type { Account } from './runner.js';

export type Flags = Readonly<{
  target: HostPort;
  control: RestOptions | undefined;
  musicByTarget: boolean;
  transports: readonly Transport[];
  only: RegExp;
  report: string | undefined;
  accounts: readonly Account[];
  trunk: boolean;
  digest: 'MD5' | 'SHA-256' | undefined;
  list: boolean;
}>;

export const USAGE = `npm run conformance -- --target sip:HOST:PORT
  --control rest|none   rest: also the cases that need an application (default none)
  --control-url URL     of the REST API (default http://HOST:9509)
  --token TOKEN         of the REST API (default demo-token)
  --music target|phone  who plays music to the held: with phone, a sendonly holder may be heard (default target with
                        --control rest, else phone)
  --transport udp|tcp|both   (default both)
  --only PATTERN        a regular expression on the names of the cases
  --accounts LIST       number:password,... in pairs; each pair runs cases of its own at the same time
                        (default 101:demo-101 to 110:demo-110)
  --digest MD5|SHA-256  what the phones answer where both are offered (default SHA-256)
  --trunk               nobody registers: the target knows where each number is
  --listen PORT         the first account is found at this port, the next one at the next (default 5070 with --trunk,
                        else free ports)
  --report FILE.html    a report with the message ladder of each failed case
  --list                names the cases and runs none`;

const OPTIONS = {
  target: { type: 'string' },
  control: { type: 'string', default: 'none' },
  'control-url': { type: 'string' },
  token: { type: 'string', default: 'demo-token' },
  music: { type: 'string' },
  transport: { type: 'string', default: 'both' },
  only: { type: 'string', default: '' },
  accounts: { type: 'string' },
  trunk: { type: 'boolean', default: false },
  digest: { type: 'string' },
  listen: { type: 'string' },
  report: { type: 'string' },
  list: { type: 'boolean', default: false },
} as const;

/** @throws ConfigError that says which flag is wrong. */
export function readFlags(words: readonly string[]): Flags {
  const values = parsed(words);
  if (values.target === undefined && !values.list) throw new ConfigError('--target sip:HOST:PORT is missing');
  const target = readTarget(values.target ?? 'sip:127.0.0.1');
  if (values.control !== 'rest' && values.control !== 'none') throw new ConfigError('--control: rest or none');
  const music = values.music ?? (values.control === 'rest' ? 'target' : 'phone');
  if (music !== 'target' && music !== 'phone') throw new ConfigError('--music: target or phone');
  const url = values['control-url'] ?? `http://${target.host}:9509`;
  return {
    target,
    control: values.control === 'rest' ? { url, token: values.token } : undefined,
    musicByTarget: music === 'target',
    transports: readTransports(values.transport),
    only: readPattern(values.only),
    report: values.report,
    accounts: placed(readAccounts(values.accounts), values.listen ?? (values.trunk ? '5070' : undefined)),
    trunk: values.trunk,
    digest: readDigest(values.digest),
    list: values.list,
  };
}

function parsed(words: readonly string[]) {
  try {
    return parseArgs({ args: [...words], options: OPTIONS, strict: true }).values;
  } catch (error) {
    throw new ConfigError(error instanceof Error ? error.message : 'the flags cannot be read');
  }
}

function readTarget(text: string): HostPort {
  const [, host, port = '5060'] = /^(?:sip:)?([A-Za-z0-9.-]+)(?::(\d{1,5}))?$/.exec(text) ?? [];
  if (host === undefined || Number(port) > 65_535) throw new ConfigError(`--target: expected sip:HOST:PORT, not ${text}`);
  return { host, port: Number(port) };
}

function readTransports(text: string): readonly Transport[] {
  if (text === 'both') return ['udp', 'tcp'];
  if (text === 'udp' || text === 'tcp') return [text];
  throw new ConfigError('--transport: udp, tcp or both');
}

function readDigest(text: string | undefined): Flags['digest'] {
  const word = text?.toUpperCase();
  if (word === undefined || word === 'MD5' || word === 'SHA-256') return word;
  throw new ConfigError('--digest: MD5 or SHA-256');
}

function readPattern(text: string): RegExp {
  try {
    return new RegExp(text);
  } catch {
    throw new ConfigError(`--only: ${text} is no regular expression`);
  }
}

const DEMO = Array.from({ length: 10 }, (_, index) => `${101 + index}:demo-${101 + index}`).join(',');

function readAccounts(text = DEMO): readonly Account[] {
  const accounts = text.split(',').map((one) => {
    const colon = one.indexOf(':');
    return colon < 0
      ? { number: one.trim(), password: '' }
      : { number: one.slice(0, colon).trim(), password: one.slice(colon + 1) };
  });
  if (accounts.length < 2 || accounts.some(({ number }) => number === ''))
    throw new ConfigError('--accounts: number:password, at least two');
  return accounts;
}

/** A target that nobody registers with must be told beforehand where its phones are. */
function placed(accounts: readonly Account[], listen: string | undefined): readonly Account[] {
  if (listen === undefined) return accounts;
  const first = Number(listen);
  if (!Number.isInteger(first) || first < 1 || first + accounts.length > 65_536)
    throw new ConfigError(`--listen: ${listen} is no port`);
  return accounts.map((account, index) => ({ ...account, port: first + index }));
}
