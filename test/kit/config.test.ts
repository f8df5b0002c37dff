/**
 * Goal: who writes a wrong configuration is told file, key, what was found and what is expected, and never reads a secret in the
 * message. Method: folders with one mistake each.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { loadConfig, type Config } from '#kit/config.js';
import { ENVIRONMENT } from '#kit/environment.js';
import { ConfigError } from '#kit/errors.js';
import t, { type Test } from 'tap';

type Files = Readonly<Record<string, string>>;

function load(t: Test, files: Files, environment: Readonly<Record<string, string>> = {}): Config {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-config-'));
  t.teardown(() => rmSync(folder, { recursive: true }));
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  return loadConfig(environment, folder);
}

function complaint(t: Test, files: Files, environment: Readonly<Record<string, string>> = {}): string {
  try {
    load(t, files, environment);
  } catch (error) {
    if (error instanceof ConfigError) return error.message;
    throw error;
  }
  return t.fail('nothing was wrong with it') ? '' : 'accepted';
}

const holdfast = (text: string): Files => ({ 'holdfast.yaml': text });
const hook = (text: string): Files => ({ 'webhooks.yaml': `webhooks:\n  - { ${text} }\n` });
const trunk = (text: string): Files => ({ 'trunks.yaml': `trunks:\n  - { ${text} }\n` });

/** What is wrong → every word the message must have. */
const MISTAKES: readonly (readonly [string, Files, readonly string[]])[] = [
  ['an unknown key', holdfast('sipp: {}'), ['holdfast.yaml', 'sipp', 'unknown key']],
  ['an unknown key further in', holdfast('sip: { prot: 5060 }'), ['holdfast.yaml', 'sip.prot', 'unknown key']],
  ['a word for a number', holdfast('sip: { port: high }'), ['sip.port', '"high"', 'a whole number', 'from 0 to 65535']],
  ['a number that is too big', holdfast('sip: { port: 70000 }'), ['sip.port', '70000', 'from 0 to 65535']],
  ['half a port', holdfast('http: { port: 95.5 }'), ['http.port', '95.5', 'a whole number']],
  ['a list for a section', holdfast('sip: [5060]'), ['holdfast.yaml', 'sip', 'found a list', 'keys with values']],
  ['an empty list for a section', holdfast('http: []'), ['http', 'found a list', 'keys with values']],
  ['keys for a list', { 'accounts.yaml': 'phones: { a: 1 }' }, ['accounts.yaml', 'phones', 'a list']],
  ['nothing for a section', holdfast('sip:'), ['holdfast.yaml', 'sip', 'null', 'keys with values']],
  ['a list for the whole file', holdfast('- 1'), ['holdfast.yaml', '(the whole file)', 'found a list']],
  ['an unknown word', holdfast('log: loud'), ['log', '"loud"', 'trace, debug, info, warn, error, silent']],
  ['a name for an address', holdfast('address: example.com'), ['address', 'HOLDFAST_ADDRESS', '"example.com"', 'IPv4 or IPv6']],
  ['a range without room', holdfast('rtpengine: { portMin: 100, portMax: 101 }'), ['rtpengine.portMax', '101', 'portMin (100)']],
  ['broken YAML', holdfast('sip: { port: 5060'), ['holdfast.yaml', 'not readable as YAML', 'line 1']],
  [
    'a tag before a value',
    { 'accounts.yaml': "phones: [{ number: '1', password: !ha1 x }]" },
    ['accounts.yaml', 'line 1', 'tag resolve failed'],
  ],
  ['a key written twice', holdfast('log: info\nlog: warn'), ['holdfast.yaml', 'not readable as YAML', 'line 2', 'duplicate key']],
  [
    'a phone without password',
    { 'accounts.yaml': "phones: [{ number: '1' }]" },
    ['accounts.yaml', 'phones.0.password', 'nothing'],
  ],
  [
    'a number for a name',
    { 'accounts.yaml': 'phones: [{ number: 101, password: x }]' },
    ['phones.0.number', '101', 'a string', 'write it in quotes'],
  ],
  ['a space in a number', { 'accounts.yaml': "phones: [{ number: '1 2', password: x }]" }, ['phones.0.number', '"1 2"']],
  [
    'one number twice',
    { 'accounts.yaml': "phones: [{ number: '1', password: x }, { number: '1', password: y }]" },
    ['accounts.yaml', 'phones.1.number', 'found 1 twice'],
  ],
  ['a trunk to nowhere', trunk('name: a, uri: 10.0.0.1'), ['trunks.yaml', 'trunks.0.uri', '"10.0.0.1"', 'sip']],
  [
    'registering without a name',
    trunk("name: a, uri: 'sip:10.0.0.1', register: true"),
    ['trunks.0.register', 'username and password'],
  ],
  ['a webhook without a name', hook('url: http://a.example/, secret: 0123456789abcdef'), ['webhooks.0.name', 'nothing']],
  [
    'a webhook by another protocol',
    hook('name: a, url: ftp://a.example/, secret: 0123456789abcdef'),
    ['webhooks.yaml', 'webhooks.0.url', '"ftp://a.example/"', 'https?'],
  ],
  [
    'a secret that is too short',
    hook('name: a, url: http://a.example/, secret: short'),
    ['webhooks.0.secret', '16 or more characters'],
  ],
  [
    'an unknown limit of a webhook',
    hook('name: a, url: http://a.example/, secret: 0123456789abcdef, limits: { speed: 1 }'),
    ['webhooks.0.limits.speed', 'unknown key', 'queue, parallel, attempts'],
  ],
  ['a limit that is none', { 'webhooks.yaml': 'limits: { parallel: 0 }' }, ['limits.parallel', '0', 'from 1 to 256']],
  ['a history of nothing', holdfast('events: { history: 0 }'), ['holdfast.yaml', 'events.history', 'from 1 to']],
  [
    'one webhook twice',
    {
      'webhooks.yaml':
        'webhooks: [{ name: a, url: http://a.example/, secret: 0123456789abcdef }, { name: a, url: http://b.example/, secret: 0123456789abcdef }]',
    },
    ['webhooks.yaml', 'webhooks.1.name', 'found a twice'],
  ],
  [
    'more webhooks than there may be',
    {
      'limits.yaml': 'webhooks: 1',
      'webhooks.yaml':
        'webhooks: [{ name: a, url: http://a.example/, secret: 0123456789abcdef }, { name: b, url: http://b.example/, secret: 0123456789abcdef }]',
    },
    ['webhooks.yaml', 'webhooks: found 2 of them, expected at most 1 (limits.yaml webhooks)'],
  ],
  [
    'a recording without end',
    { 'records.yaml': 'recordings: { maxSeconds: 0 }' },
    ['records.yaml', 'recordings.maxSeconds', '0', '1 to 86400'],
  ],
  ['a history of nothing', { 'records.yaml': 'history: { maxCalls: 0 }' }, ['records.yaml', 'history.maxCalls', '0']],
  ['a sense of hold that nobody has', { 'phlos.yaml': 'holdSense: both' }, ['phlos.yaml', 'holdSense', '"both"', 'holder, held']],
  ['a node without an id', { 'phlos.yaml': 'phlos: [{ id: p, nodes: [{ name: x }] }]' }, ['phlos.0.nodes.0.id', 'nothing']],
  [
    'an application at a file',
    { 'ozeki.yaml': 'urls: { callChanged: "file:///etc/passwd" }' },
    ['ozeki.yaml', 'urls.callChanged'],
  ],
  [
    'a notification that nobody knows',
    { 'ozeki.yaml': 'urls: { callGone: "http://a/" }' },
    ['urls.callGone', 'unknown key', 'callChanged'],
  ],
  [
    'an API extension with the number of another',
    { 'ozeki.yaml': "apiExtensions: [{ number: '800' }, { number: '800' }]" },
    ['ozeki.yaml', 'apiExtensions.1.number', '800', 'nobody else'],
  ],
  ['one PHLO twice', { 'phlos.yaml': 'phlos: [{ id: p }, { id: p }]' }, ['phlos.yaml', 'id p twice']],
  [
    'one node in two PHLOs',
    { 'phlos.yaml': 'phlos: [{ id: p, nodes: [{ id: n }] }, { id: q, nodes: [{ id: n }] }]' },
    ['phlos.yaml', 'phlos.nodes', 'id n twice'],
  ],
  [
    'holds that go nowhere when their time is up',
    { 'holdfast.yaml': "hold: { maxSeconds: 60, onExpiry: 'transfer:999' }" },
    ['holdfast.yaml: hold.onExpiry', '999', 'the number of a phone'],
  ],
  ['music that is no path', { 'music.yaml': 'default: 7' }, ['music.yaml', 'default', '7', 'a string']],
];

t.test('every mistake is named by file, key, what was found and what is expected', (t) => {
  for (const [what, files, words] of MISTAKES) {
    const message = complaint(t, files);
    for (const word of words) t.ok(message.includes(word), `${what}: "${message}" says ${word}`);
  }
  t.end();
});

t.test('what was found is not shown when it is a secret', (t) => {
  const message = complaint(t, { 'accounts.yaml': "phones: [{ number: '1', password: [hunter2] }]" });
  t.match(message, 'phones.0.password');
  t.notMatch(message, 'hunter2');
  t.notMatch(complaint(t, holdfast('drachtio: { secret: [hunter2] }')), 'hunter2');
  t.notMatch(complaint(t, hook('name: a, url: http://a.example/, secret: hunter2')), 'hunter2');
  t.notMatch(complaint(t, { 'phlos.yaml': 'accounts: [{ authId: a, authToken: [hunter2] }]' }), 'hunter2');
  for (const text of [
    'phones:\n  number: "1"\n  password: hunter2',
    'phones: ["1: hunter2"]',
    'phones: [{ number: "1", ha1: [hunter2] }]',
    'phones:\n  - { number: "1", password: "hunter2\\q" }',
    'phones:\n  - { number: "1", password: *hunter2 }',
    'phones:\n  - { number: "1", password: @hunter2 }',
    'phones:\n  - { number: "1", password: hunter2\n',
  ]) {
    const words = complaint(t, { 'accounts.yaml': text });
    t.match(words, /^accounts\.yaml: /, text);
    t.notMatch(words, 'hunter2', text);
  }
  t.notMatch(complaint(t, trunk("name: a, uri: 'sips ip:me:hunter2@x'")), 'hunter2');
  const inside = complaint(t, hook('name: a, url: http://me:hunter2@a.example/, secret: 0123456789abcdef'));
  t.match(inside, 'webhooks.0.url');
  t.notMatch(inside, 'hunter2');
  t.end();
});

t.test('a folder that is not there is told with the variable that names it', (t) => {
  t.throws(() => loadConfig({ HOLDFAST_CONFIG: '/nowhere/at/all' }, '/'), /\/nowhere\/at\/all.*HOLDFAST_CONFIG/);
  t.end();
});

t.test('an empty folder is a whole configuration', (t) => {
  const config = load(t, {});
  t.match(config, { address: '127.0.0.1', addresses: ['127.0.0.1'], sip: { port: 5060, wsPort: 5066 }, http: { port: 9509 } });
  const { voipnow, ...accounts } = config.accounts;
  t.strictSame(accounts, { phones: [], http: [], tokens: [] });
  t.match(voipnow, { enabled: true, organization: '0001', actionStatus: 202 });
  t.strictSame(voipnow.clients, []);
  t.strictSame(config.trunks, []);
  t.strictSame(config.plivo, { enabled: true, holdSense: 'holder', accounts: [], phlos: [] }, 'nobody has credentials');
  t.end();
});

t.test('a webhook that says one limit keeps what the file says of the others', (t) => {
  const { limits, webhooks } = load(t, {
    'webhooks.yaml':
      'limits: { attempts: 3 }\nwebhooks: [{ name: a, url: "http://a.example/?to=b@c", secret: 0123456789abcdef, limits: { parallel: 2 } }]',
  }).webhooks;
  t.match(limits, { attempts: 3, parallel: 8, queue: 1000 });
  t.strictSame(webhooks[0]?.limits, { parallel: 2 });
  t.end();
});

t.test('webhooks may go to private addresses only while Holdfast is on loopback, unless the file says so', (t) => {
  const allowed = (address: string, file = '') =>
    load(t, { 'webhooks.yaml': file }, { HOLDFAST_ADDRESS: address }).webhooks.allowPrivateAddresses;
  t.equal(allowed('127.0.0.1'), true);
  t.equal(allowed('127.0.0.1,::1'), true);
  t.equal(allowed('192.0.2.1'), false);
  t.equal(allowed('127.0.0.1,192.0.2.1'), false);
  t.equal(allowed('192.0.2.1', 'allowPrivateAddresses: true'), true);
  t.equal(allowed('127.0.0.1', 'allowPrivateAddresses: false'), false);
  t.end();
});

t.test('what is loaded cannot be changed', (t) => {
  const config = load(t, {});
  t.throws(() => Object.assign(config.sip, { port: 1 }), TypeError);
  t.throws(() => Object.assign(config.accounts.phones, { 0: {} }), TypeError);
  t.end();
});

t.test('the environment wins over the file, key by key', (t) => {
  const config = load(t, holdfast('sip: { port: 6000, wsPort: 6001 }\nlog: warn'), {
    HOLDFAST_SIP_PORT: '7000',
    HOLDFAST_WS_PORT: '',
  });
  t.match(config, { sip: { port: 7000, wsPort: 6001 }, log: 'warn' }, 'an empty variable is none');
  for (const [variable, path] of Object.entries(ENVIRONMENT)) {
    const words: Readonly<Record<string, string>> = {
      HOLDFAST_ADDRESS: '127.0.0.2',
      HOLDFAST_LOG: 'debug',
      HOLDFAST_STORE: '/store',
      RTPENGINE_REDIS: '127.0.0.1:6379/5',
    };
    const value = words[variable] ?? '31000';
    const changed = path.reduce<unknown>(
      (room, key) => (room as Record<string, unknown>)[key],
      // A key without its certificate is refused.
      load(
        t,
        {},
        { [variable]: value, ...(variable.endsWith('_KEY') ? { [variable.replace('_KEY', '_CERTIFICATE')]: 'cert.pem' } : {}) },
      ),
    );
    t.equal(String(changed), value, `${variable} sets ${path.join('.')}`);
  }
  t.end();
});

t.test('a wrong value in the environment is told like one in the file', (t) => {
  const message = complaint(t, {}, { HOLDFAST_HTTP_PORT: 'web' });
  for (const word of ['http.port (HOLDFAST_HTTP_PORT)', '"web"', 'a whole number']) t.ok(message.includes(word), message);
  t.match(complaint(t, {}, { HOLDFAST_TLS_KEY: 'key.pem' }), /tls\.key: found a file, expected tls\.certificate beside it/);
  t.end();
});

t.test('several addresses may be served, also IPv6', (t) => {
  t.strictSame(load(t, {}, { HOLDFAST_ADDRESS: '127.0.0.1, [::1]' }).addresses, ['127.0.0.1', '::1']);
  t.match(complaint(t, {}, { HOLDFAST_ADDRESS: '127.0.0.1,,' }), 'found ""');
  t.end();
});

const shipped = fileURLToPath(new URL('../../sip-config', import.meta.url));

t.test('the configuration that ships is valid, and its demo passwords are for loopback only', (t) => {
  t.equal(loadConfig({}, shipped).accounts.phones.length, 10);
  t.match(loadConfig({}, shipped).plivo.phlos[0], { id: 'demo-phlo', nodes: { 0: { id: 'demo-node' } } });
  t.equal(loadConfig({ HOLDFAST_ADDRESS: '127.0.0.1,::1' }, shipped).addresses.length, 2);
  for (const address of ['0.0.0.0', '192.0.2.1', '127.0.0.1,192.0.2.1', '::']) {
    t.throws(() => loadConfig({ HOLDFAST_ADDRESS: address }, shipped), /accounts\.yaml: .*demo password/, address);
  }
  t.end();
});

t.test(
  'clients of VoipNow are known once each, speak for phones that are there, and the demo secret is for loopback only',
  (t) => {
    const file = (clients: string, more = ''): Record<string, string> => ({
      'accounts.yaml': `phones: [{ number: '101', password: mine }]\nvoipnow: { ${more}clients: [${clients}] }`,
    });
    const client = "{ client: a, secret: mine, user: '1', extensions: ['101'] }";
    t.equal(load(t, file(client)).accounts.voipnow.clients.length, 1);
    t.match(complaint(t, file(`${client}, ${client}`)), 'found a twice');
    t.match(complaint(t, file(client.replace("['101']", "['109']"))), '109');
    const demo = "{ client: a, secret: demo, user: '1' }";
    const open = { HOLDFAST_ADDRESS: '192.0.2.1' };
    t.match(complaint(t, file(demo), open), 'voipnow: a client still has the demo secret');
    t.equal(load(t, file(demo, 'enabled: false, '), open).accounts.voipnow.enabled, false);
    t.end();
  },
);

t.test('each kind of demo password is found, and none is needed', (t) => {
  const open = { HOLDFAST_ADDRESS: '192.0.2.1' };
  const own =
    "phones: [{ number: '101', password: mine }]\nhttp: [{ user: u, password: mine }]\ntokens: [{ name: n, token: mine }]";
  t.equal(load(t, { 'accounts.yaml': own }, open).address, '192.0.2.1');
  t.match(complaint(t, { 'accounts.yaml': own.replace('mine', 'demo-107') }, open), 'a phone still has its demo password');
  t.match(complaint(t, { 'accounts.yaml': own.replace('u, password: mine', 'u, password: qwe123') }, open), 'a user still has');
  t.match(complaint(t, { 'accounts.yaml': own.replace('token: mine', 'token: demo-token') }, open), 'the demo token');
  const phlos = 'accounts: [{ authId: demo, authToken: demo-token }]';
  t.match(complaint(t, { 'phlos.yaml': phlos }, open), /phlos\.yaml: accounts: .*demo token.*192\.0\.2\.1/);
  t.equal(load(t, { 'phlos.yaml': `enabled: false\n${phlos}` }, open).plivo.enabled, false);
  t.end();
});

t.test('a file that cannot be read is named', async (t) => {
  const folder = t.testdir({ 'accounts.yaml': {} });
  t.throws(() => loadConfig({}, folder), { name: 'ConfigError', message: /^accounts\.yaml: cannot be read: EISDIR/ });
});
