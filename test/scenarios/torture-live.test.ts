/**
 * Goal: every message of RFC 4475 and RFC 5118, sent to the running product as it stands in the RFC, gets the class of answer the RFC
 * demands, or silence, and a call that is up does not notice. Method: each from a socket of its own, at the port that its top Via names,
 * because that is where an answer goes; over UDP, TCP and WebSocket, each to a Holdfast of its own (many share a branch).
 */
import t, { type Test } from 'tap';
import { createSocket } from 'node:dgram';
import { readdirSync, readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { WebSocket } from 'ws';
import type { Holdfast } from '../support/holdfast.js';
import { ALICE_HERTZ, BOB_HERTZ, TwoPhones } from '../support/two-phones.js';
import { until } from '../support/until.js';

/** Statuses that the RFC allows; none: silence. */
type Row = readonly [file: string, allowed: readonly number[], why: string];

/** A stranger sends them, so what is well formed is asked for a password (401), unless there is something to be said before. */
const RFC4475: readonly Row[] = [
  ['wsinv', [401, 481], '3.1.1.1 valid; its To has a tag of no dialog of ours'],
  ['intmeth', [405, 501], '3.1.1.2 a method nobody knows'],
  ['esc01', [401], '3.1.1.3 valid'],
  ['escnull', [401], '3.1.1.4 valid'],
  ['esc02', [405, 501], '3.1.1.5 its method is not REGISTER'],
  ['lwsdisp', [200], '3.1.1.6 valid'],
  ['longreq', [401], '3.1.1.7 valid'],
  ['dblreq', [401], '3.1.1.8 valid; what follows is thrown away'],
  ['semiuri', [200, 404], '3.1.1.9 valid'],
  ['transports', [200], '3.1.1.10 valid'],
  ['mpart01', [401, 415], '3.1.1.11 valid'],
  ['unreason', [], '3.1.1.12 a response to nothing'],
  ['noreason', [], '3.1.1.13 a response to nothing'],
  ['badinv01', [400], '3.1.2.1'],
  ['clerr', [400], '3.1.2.2'],
  ['ncl', [400], '3.1.2.3'],
  ['scalar02', [400], '3.1.2.4'],
  ['scalarlg', [], '3.1.2.5 a response'],
  ['quotbal', [400], '3.1.2.6'],
  ['ltgtruri', [400], '3.1.2.7'],
  ['lwsruri', [400], '3.1.2.8'],
  ['lwsstart', [400], '3.1.2.9'],
  ['trws', [400], '3.1.2.10'],
  ['escruri', [400], '3.1.2.11'],
  ['baddate', [400, 401], '3.1.2.12 may be ignored'],
  ['regbadct', [400], '3.1.2.13'],
  ['badaspec', [400], '3.1.2.14'],
  ['baddn', [400], '3.1.2.15'],
  ['badvers', [505], '3.1.2.16'],
  ['mismatch01', [400], '3.1.2.17'],
  ['mismatch02', [400, 501], '3.1.2.18'],
  ['bigcode', [], '3.1.2.19 a response'],
  ['badbranch', [200], '3.2.1 as of RFC 2543'],
  ['insuf', [400], '3.3.1'],
  ['unkscm', [416], '3.3.2'],
  ['novelsc', [416], '3.3.3'],
  ['unksm2', [400, 401], '3.3.4'],
  ['bext01', [420], '3.3.5'],
  ['invut', [415], '3.3.6'],
  ['regaut01', [401], '3.3.7'],
  ['multi01', [400], '3.3.8'],
  ['mcl01', [400], '3.3.9'],
  ['bcast', [], '3.3.10 a response to nothing'],
  ['zeromf', [200, 483], '3.3.11 for an endpoint it is no hop too many'],
  ['cparam01', [401], '3.3.12 valid'],
  ['cparam02', [401], '3.3.13 valid'],
  ['regescrt', [401], '3.3.14 valid'],
  ['sdp01', [401, 406], '3.3.15'],
  ['inv2543', [400, 401], '3.4.1 RFC 2543, without Contact'],
];

const RFC5118: readonly Row[] = [
  ['ipv6-good', [401], '4.1'],
  ['ipv6-bad', [400], '4.2'],
  ['port-ambiguous', [401], '4.3'],
  ['port-unambiguous', [401], '4.4'],
  ['via-received-param-with-delim', [481], '4.5'],
  ['via-received-param-no-delim', [200], '4.5'],
  ['ipv6-in-sdp', [401], '4.6'],
  ['mult-ip-in-header', [481], '4.7'],
  ['mult-ip-in-sdp', [401], '4.8'],
  ['ipv4-mapped-ipv6', [401], '4.9'],
  ['ipv6-bug-abnf-3-colons', [200, 400], '4.10'],
  ['ipv6-correct-abnf-2-colons', [200], '4.10'],
];

/** With the length that the RFC prints: too short, and the rest of the datagram is thrown away, or too long (RFC 3261 §18.3). */
const AS_PRINTED: readonly (readonly [...row: Row, length: number])[] = [
  ['mult-ip-in-sdp', [401], '4.8 as printed', 181],
  ['ipv4-mapped-ipv6', [401], '4.9 as printed', 236],
  ['ipv6-in-sdp', [400, 401], '4.6 as printed', 268],
];

/** Over a stream nobody knows where such a message ends: it may be refused, or the connection closed, or more be waited for. */
const NO_FRAME: ReadonlySet<string> = new Set(['clerr', 'ncl', 'mcl01', 'multi01', 'lwsstart', 'trws', '4.6 as printed']);
/** Whoever frames by Content-Length reads a second request where a datagram ends, or where the length is too short. */
const GOES_ON: ReadonlySet<string> = new Set(['dblreq', '4.8 as printed', '4.9 as printed']);

const textOf = (folder: string, name: string): string =>
  readFileSync(new URL(`../sip/${folder}/${name}.dat`, import.meta.url), 'latin1');

type Shot = Readonly<{ name: string; text: string; allowed: readonly number[]; why: string }>;

const SHOTS: readonly Shot[] = [
  ...RFC4475.map(([name, allowed, why]) => ({ name, text: textOf('torture', name), allowed, why })),
  ...RFC5118.map(([name, allowed, why]) => ({ name, text: textOf('torture6', name), allowed, why })),
  ...AS_PRINTED.map(([name, allowed, why, length]) => ({
    name: why,
    text: textOf('torture6', name)
      .replace(/^Content-Length: .*$/m, `Content-Length: ${length}`)
      .replaceAll('hlau_4100', 'printed')
      .replaceAll(/branch=z9hG4bK/g, 'branch=z9hG4bKprinted'),
    allowed,
    why,
  })),
];

/** Sends it; everything that comes back is pushed. */
type Door = (text: string, received: string[]) => Promise<() => void>;

/** A loopback address of its own, so that the port of the Via is free, whichever it is. */
const anAddress = (index: number): string =>
  `127.${60 + (process.pid % 100)}.${1 + Math.floor(index / 200)}.${2 + (index % 200)}`;

function overUdp(port: number): Door {
  // Some share a branch: to us that is a repetition, which is answered where the first one came from.
  const places = new Map<string, string>();
  return async (text, received) => {
    const via = /^(?:v|via)\s*:.*$/im.exec(text)?.[0] ?? '';
    const place = places.get(via) ?? anAddress(places.size);
    places.set(via, place);
    const socket = createSocket('udp4');
    await new Promise<void>((resolve, reject) => {
      socket.once('error', reject);
      socket.bind(portOfVia(text), place, () => resolve());
    });
    socket.on('message', (data) => received.push(data.toString('latin1')));
    socket.send(Buffer.from(text, 'latin1'), port, '127.0.0.1');
    return () => socket.close();
  };
}

/** Where an answer goes (RFC 3261 §18.2.2): the port of the first Via; a regular expression, so that no mistake is shared with the parser. */
const portOfVia = (text: string): number =>
  Number(
    /^(?:v|via)\s*:\s*SIP\s*\/\s*[0-9.]+\s*\/\s*\S+\s+(?:\[[^\]]*\]|[^\s:;,]+)(?:\s*:\s*([0-9]+))?/im.exec(text)?.[1] ?? 5060,
  );

const overTcp =
  (port: number): Door =>
  async (text, received) => {
    const socket = connect(port, '127.0.0.1');
    socket.on('error', () => undefined);
    socket.on('data', (data) => received.push(data.toString('latin1')));
    await new Promise<void>((resolve) => socket.write(text, 'latin1', () => resolve()));
    return () => socket.destroy();
  };

const overWebSocket =
  (port: number): Door =>
  async (text, received) => {
    const socket = new WebSocket(`ws://127.0.0.1:${port}`, 'sip');
    await new Promise<void>((resolve, reject) => socket.once('error', reject).once('open', () => resolve()));
    socket.on('message', (data) => received.push((data as Buffer).toString('latin1')));
    socket.send(Buffer.from(text, 'latin1'));
    return () => socket.terminate();
  };

const finals = (received: readonly string[]): number[] =>
  received.flatMap((text) => [...text.matchAll(/^SIP\/2\.0 ([2-6][0-9][0-9])/gm)].map((found) => Number(found[1])));

/** A question behind it on another socket: whatever was sent before has been read when it is answered. */
async function asked(door: Door, index: number): Promise<void> {
  const received: string[] = [];
  const text = [
    'OPTIONS sip:127.0.0.1 SIP/2.0',
    `Via: SIP/2.0/UDP 127.0.0.1:5060;branch=z9hG4bK-asked-${index}`,
    'Max-Forwards: 70',
    'From: <sip:a@127.0.0.1>;tag=1',
    'To: <sip:127.0.0.1>',
    `Call-ID: asked-${index}`,
    'CSeq: 1 OPTIONS',
    'Content-Length: 0',
    '',
    '',
  ].join('\r\n');
  const close = await door(text, received);
  await until(`question ${index} is answered`, () => finals(received).includes(200));
  close();
}

async function throughAll(t: Test, door: Door, transport: string): Promise<void> {
  for (const [index, { name, text, allowed, why }] of SHOTS.entries()) {
    const received: string[] = [];
    const close = await door(text, received);
    const mayBeSilent = allowed.length === 0 || (transport === 'TCP' && NO_FRAME.has(name));
    if (!mayBeSilent) await until(`${name} over ${transport} is answered`, () => finals(received).length > 0);
    await asked(door, index);
    const statuses = [...new Set(finals(received))];
    const isAllowed = (status: number): boolean => allowed.includes(status);
    const fits = transport === 'TCP' && GOES_ON.has(name) ? statuses.some(isAllowed) : statuses.every(isAllowed);
    t.ok(fits, `${name} over ${transport}: ${statuses.join(', ') || 'silence'} (${why})`);
    close();
  }
}

const WAYS: readonly (readonly [transport: string, door: (holdfast: Holdfast) => Door])[] = [
  ['UDP', ({ sipPort }) => overUdp(sipPort)],
  ['TCP', ({ sipPort }) => overTcp(sipPort)],
  ['WS', ({ wsPort }) => overWebSocket(wsPort)],
];

t.setTimeout(240_000);

t.test('every file has a row', async (t) => {
  const files = (folder: string): string[] =>
    readdirSync(new URL(`../sip/${folder}/`, import.meta.url))
      .filter((name) => name.endsWith('.dat'))
      .sort();
  t.same(files('torture'), RFC4475.map(([name]) => `${name}.dat`).sort());
  t.same(files('torture6'), RFC5118.map(([name]) => `${name}.dat`).sort());
});

for (const [transport, door] of WAYS)
  t.test(`over ${transport} each is answered as its RFC wants, and two people go on talking`, async (t) => {
    const phones = await TwoPhones.start(t, { holdfast: 'log: info\n' });
    const talk = await phones.talk();
    await throughAll(t, door(phones.holdfast), transport);
    t.same(await phones.hears(phones.alice), [BOB_HERTZ]);
    t.same(await phones.hears(phones.bob), [ALICE_HERTZ]);
    await phones.hangUp(talk);
    t.notMatch(phones.holdfast.log, /met a fault|could not be handled|uncaught/);
  });
