/** agents.yaml: each mistake is named, the agents that ship are good on loopback only, and none is needed. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import t, { type Test } from 'tap';
import { loadConfig, type Config } from '#kit/config.js';

const PHONES = "phones: [{ number: '101', password: mine }, { number: '102', password: mine }]";
const OPEN = { HOLDFAST_ADDRESS: '192.0.2.1' };

function load(t: Test, agents: string, environment: Record<string, string> = {}): Config {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-agents-'));
  t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  writeFileSync(join(folder, 'accounts.yaml'), PHONES);
  writeFileSync(join(folder, 'agents.yaml'), agents);
  return loadConfig({ HOLDFAST_CONFIG: folder, ...environment }, folder);
}

t.test('what stands in the file, and what does not', (t) => {
  t.same(load(t, "connectHold: join\nagents: [{ agent: '101', password: mine, phone: '102' }]").agents, {
    enabled: true,
    connectHold: 'join',
    authMode: 1,
    waitSeconds: 10,
    pollSeconds: 120,
    graceSeconds: 43_200,
    agents: [{ agent: '101', password: 'mine', phone: '102' }],
  });
  t.same(load(t, '').agents.agents, [], 'nobody is an agent');
  const shipped = loadConfig({}, fileURLToPath(new URL('../../sip-config', import.meta.url))).agents.agents;
  t.equal(shipped.length, 10);
  for (const { agent, password, phone } of shipped) t.same({ password, phone }, { password: `demo-${agent}`, phone: agent });
  t.end();
});

t.test('mistakes', (t) => {
  const mistakes: readonly (readonly [string, RegExp])[] = [
    ['connectHold: perhaps', /agents\.yaml: connectHold: found "perhaps", expected one of auto, join, hold/],
    ["agents: [{ agent: '100', password: mine }]", /agents\.0\.agent/],
    ["agents: [{ agent: 'bob', password: mine }]", /agents\.0\.agent/],
    ["agents: [{ agent: '101' }]", /agents\.0\.password/],
    ["agents: [{ agent: '101', password: a }, { agent: '101', password: b }]", /agents\.1\.agent: found 101 twice/],
    ["agents: [{ agent: '101', password: a, phone: '777' }]", /agents\.0\.phone: found 777, expected the number of a phone/],
    ['waitSeconds: 61', /waitSeconds: found 61/],
    ['seats: 3', /seats: unknown key/],
  ];
  for (const [agents, words] of mistakes) t.throws(() => load(t, agents), words, agents);
  const secret = "agents: [{ agent: '101', password: [hunter2] }]";
  t.throws(() => load(t, secret), /agents\.0\.password: found a value that does not fit/);
  t.end();
});

t.test('demo passwords are refused off loopback, unless the dialect is switched off', (t) => {
  const demo = "agents: [{ agent: '101', password: demo-101 }]";
  t.equal(load(t, demo).agents.agents.length, 1);
  t.throws(() => load(t, demo, OPEN), /agents\.yaml: agents: .*demo password.*192\.0\.2\.1/);
  t.equal(load(t, `enabled: false\n${demo}`, OPEN).agents.enabled, false);
  t.equal(load(t, "agents: [{ agent: '101', password: mine }]", OPEN).agents.agents.length, 1);
  t.end();
});
