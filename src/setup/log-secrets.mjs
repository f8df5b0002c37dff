/**
 * log-secrets: reads every log that a run of the tests has kept, and finds what no log may show: the passwords, tokens, secrets and ha1 of
 * that program's own configuration, digest responses, keys of SRTP and of certificates, and session descriptions from `info` upwards.
 * `node src/setup/log-secrets.mjs FOLDER` for the logs of a folder: `<name>.log`, with `<name>.secrets`, a JSON list, beside it.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

/** Shorter ones are words like others, and would be found everywhere. */
const SHORTEST_SECRET = 6;
const INFO = 30;

/** What is never to be seen, whoever wrote it. */
const NEVER = [
  ['a key of SRTP', /inline:[A-Za-z0-9+/]{16,}/],
  ['a digest response', /\bresponse=\\*"?[0-9a-f]{32}/i],
  ['credentials', /\b(?:Basic|Bearer)\s+[A-Za-z0-9+/_=-]{6,}/],
  ['a private key', /-----BEGIN [A-Z ]*PRIVATE KEY-----/],
];
const SESSION = /\bv=0(?:\\r|\\n|\s)|\bm=audio \d|\ba=rtpmap:/;

/** The login of the demo, which everybody knows and which is taken on loopback only: the welcome prints it for whoever starts it first. */
const DEMO_LOGIN = '-u HTTP_User_1:qwe123 ';

/** @returns [why, line] of everything in `text` that should not be there. */
export function secretsIn(text, secrets) {
  const own = secrets.filter((one) => one.length >= SHORTEST_SECRET);
  const found = [];
  for (const written of text.split('\n')) {
    const line = written.replace(DEMO_LOGIN, '');
    const secret = own.find((one) => line.includes(one));
    if (secret !== undefined) found.push([`the secret "${secret.slice(0, 2)}…"`, written]);
    for (const [why, pattern] of NEVER) if (pattern.test(line)) found.push([why, written]);
    const level = Number(/^\{"level":(\d+)/.exec(line)?.[1] ?? INFO);
    if (level >= INFO && SESSION.test(line)) found.push(['a session description', written]);
  }
  return found;
}

/** @returns how much was read, and a line for every secret that was found. */
export function readLogs(folder) {
  const names = readdirSync(folder).filter((name) => name.endsWith('.log'));
  const complaints = [];
  let lines = 0;
  let secrets = 0;
  for (const name of names) {
    const text = readFileSync(join(folder, name), 'utf8');
    const own = JSON.parse(readFileSync(join(folder, name.replace(/\.log$/, '.secrets')), 'utf8'));
    lines += text.split('\n').length;
    secrets += own.length;
    for (const [why, line] of secretsIn(text, own)) complaints.push(`${name}: ${why} in: ${line.slice(0, 300)}`);
  }
  return { logs: names.length, lines, secrets, complaints };
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const { logs, lines, secrets, complaints } = readLogs(process.argv[2] ?? '.');
  for (const complaint of complaints) console.log(complaint);
  console.log(`${logs} logs, ${lines} lines, ${secrets} secrets looked for, ${complaints.length} found`);
  process.exit(complaints.length === 0 && logs > 0 ? 0 : 1);
}
