/**
 * Goal: the picture of src/README.md cannot go stale: every room imports only what the arrows allow. Method: every import line of src
 * is read; the map that results is printed.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import t from 'tap';

const src = fileURLToPath(new URL('../../src', import.meta.url));

/** Who may import whom (architecture.md section 4). Files directly in src/ plug the rooms together and may import all. */
const ARROWS: Readonly<Record<string, readonly string[]>> = {
  kit: [],
  sip: ['kit'],
  core: ['kit'],
  calls: ['core', 'sip', 'kit'],
  registrar: ['core', 'sip', 'kit'],
  guard: ['kit'],
  signaling: ['calls', 'registrar', 'sip', 'core', 'kit'],
  media: ['calls', 'kit'],
  http: ['calls', 'registrar', 'ozml', 'guard', 'kit'],
  ozml: ['calls', 'kit'],
  engine: ['sip', 'guard', 'kit'],
  conformance: ['sip', 'kit'],
  conference: ['kit'],
  history: ['calls', 'core', 'kit'],
  recordings: ['calls', 'conference', 'core', 'kit'],
  store: ['calls', 'registrar', 'engine', 'http', 'history', 'core', 'kit'],
  setup: [],
};

/** Arrows that are narrower than a room. */
const NARROW: readonly Readonly<{ from: string; to: string; only: RegExp; why: string }>[] = [
  { from: 'core', to: 'kit', only: /^#kit\/errors\.js$/, why: 'rules have no clocks, sockets or configuration' },
  { from: 'calls', to: 'sip', only: /^#sip\/sdp(-write|-keys)?\.js$/, why: 'calls speaks SDP, no other SIP' },
  {
    from: 'ozml',
    to: 'calls',
    only: /^#calls\/commands\.js$/,
    why: 'a script speaks the language of commands, as a dialect does',
  },
  {
    from: 'recordings',
    to: 'conference',
    only: /^#conference\/(frame|g711|rtp)\.js$/,
    why: 'it takes sound apart as the mixer does, and has no mixer',
  },
  {
    from: 'store',
    to: 'calls',
    only: /^#calls\/(ports|store-port|event-bus|parking|history-commands)\.js$/,
    why: 'the store fills a port, it asks nothing',
  },
  { from: 'store', to: 'registrar', only: /^#registrar\/binding-keeper\.js$/, why: 'the store fills a port, it asks nothing' },
  {
    from: 'store',
    to: 'history',
    only: /^#history\/(history-keeper|call-tally)\.js$/,
    why: 'the store fills a port, it asks nothing',
  },
  { from: 'store', to: 'engine', only: /^#engine\/dialog\/keeper\.js$/, why: 'the store fills a port, it asks nothing' },
  {
    from: 'store',
    to: 'http',
    only: /^#http\/(webhooks\/letter-keeper|notebook)\.js$/,
    why: 'the store fills a port, it asks nothing',
  },
  { from: 'media', to: 'calls', only: /^#calls\/ports\.js$/, why: 'media fills a port, it asks nothing' },
];

type Import = Readonly<{ file: string; room: string; from: string }>;

const imports: readonly Import[] = readdirSync(src, { recursive: true, encoding: 'utf8' })
  .filter((name) => /\.(ts|mjs)$/.test(name))
  .flatMap((name) => {
    const text = readFileSync(join(src, name), 'utf8');
    const room = name.includes(sep) ? (name.split(sep)[0] ?? '') : 'main';
    const named = [...text.matchAll(/(?:^|\s)(?:from|import)\s*\(?\s*'([^']+)'/g)].map((match) => match[1] ?? '');
    return named.map((from) => ({ file: relative(src, join(src, name)), room, from }));
  });

const roomOf = (from: string): string | undefined => /^#([a-z]+)\//.exec(from)?.[1];
const between = (room: string): Import[] => imports.filter((one) => one.room === room && roomOf(one.from) !== undefined);

t.test('every room is on the map', (t) => {
  const rooms = [...new Set(imports.map(({ room }) => room))].filter((room) => room !== 'main').sort();
  t.strictSame(
    rooms.filter((room) => !(room in ARROWS)),
    [],
  );
  for (const room of rooms)
    t.comment(`${room} -> ${[...new Set(between(room).map(({ from }) => roomOf(from)))].sort().join(', ')}`);
  t.end();
});

for (const [room, allowed] of Object.entries(ARROWS)) {
  t.test(`${room} imports ${allowed.length === 0 ? 'no other room' : `only ${allowed.join(', ')}`}`, (t) => {
    const wrong = between(room).filter(({ from }) => !allowed.includes(roomOf(from) ?? '') && roomOf(from) !== room);
    t.strictSame(wrong, []);
    t.end();
  });
}

t.test('narrow arrows stay narrow', (t) => {
  for (const { from: room, to, only, why } of NARROW) {
    const wrong = between(room).filter(({ from }) => roomOf(from) === to && !only.test(from));
    t.strictSame(wrong, [], `${room} -> ${to}: ${why}`);
  }
  t.end();
});

t.test('no relative import leaves its room, so nobody reaches main either', (t) => {
  const leaves = imports.filter(({ file, room, from }) => {
    if (!from.startsWith('.') || room === 'main' || room === 'setup') return false;
    return !join(file, '..', from).startsWith(`${room}${sep}`);
  });
  t.strictSame(leaves, []);
  t.end();
});

t.test('core and the grammar have no effects: no file, socket, process or npm module that has', (t) => {
  const pure = imports.filter(({ room, from }) => (room === 'core' || room === 'sip') && !/^[.#]/.test(from));
  t.strictSame(
    pure.filter(({ from }) => !['node:crypto', 'node:net', 'sdp-transform', 'node:buffer'].includes(from)),
    [],
  );
  t.end();
});
