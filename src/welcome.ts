/**
 * welcome: what a person sees when Holdfast serves: where, who, and what to type next.
 */
import { relative } from 'node:path';
import type { Config } from '#kit/config.js';
import type { SipConnection } from '#signaling/srf.js';
import { ownHttpCertificate } from './tls.js';

export type Served = Readonly<{ config: Config; sip: SipConnection; httpPort: number }>;

export function welcome(running: Served): string {
  const { config, sip, httpPort } = running;
  const address = config.addresses[0] ?? '127.0.0.1';
  const host = address.includes(':') ? `[${address}]` : address;
  const scheme = (config.http.tls?.certificate ?? '') === '' ? 'http' : 'https';
  const base = `${scheme}://${host}:${httpPort}`;
  const numbers = config.accounts.phones.map((phone) => phone.number);
  const [caller = '101', callee = '102'] = numbers;
  const user = config.accounts.http[0];
  const demo = user?.password === 'qwe123';
  const own = ownHttpCertificate(config);
  const trust = own === undefined ? '' : `--cacert ${relative(process.cwd(), own)} `;
  const credentials = user === undefined ? trust : `${trust}-u ${user.user}:${demo ? user.password : 'PASSWORD'} `;
  return [
    '',
    'Holdfast serves',
    `  SIP   ${sip.hostports.map((one) => one.replace('/', ' ')).join(', ')}`,
    `  HTTP  ${base}  (docs at ${base}/docs)`,
    `  phones ${numbers.length === 0 ? 'none: add some to accounts.yaml' : summary(numbers)}${demo ? ', password demo-<number>' : ''}`,
    '',
    `Register two phones (say ${caller} and ${callee}), then:`,
    `  curl ${credentials}-d '{"caller":"${caller}","callee":"${callee}"}' -H 'content-type: application/json' ${base}/calls`,
    `  curl ${credentials}-X PUT ${base}/calls/<id>/hold        # both hear music; DELETE resumes`,
    '',
    'Ctrl-C ends all calls and stops.',
    '',
    '',
  ].join('\n');
}

/** For programs that start us and wait. */
export function readyFacts(running: Served): Record<string, unknown> {
  const portOf = (protocol: string): number | undefined => {
    const found = running.sip.hostports.find((one) => one.startsWith(`${protocol}/`));
    return found === undefined ? undefined : Number(found.slice(found.lastIndexOf(':') + 1));
  };
  return {
    ready: true,
    sipPort: portOf('udp'),
    wsPort: portOf('ws'),
    tlsPort: portOf('tls'),
    wssPort: portOf('wss'),
    httpPort: running.httpPort,
  };
}

function summary(numbers: readonly string[]): string {
  const first = numbers[0] ?? '';
  return numbers.length <= 3 ? numbers.join(', ') : `${first} to ${numbers.at(-1) ?? ''} (${numbers.length})`;
}
