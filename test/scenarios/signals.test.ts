/**
 * Goal: SIGTERM lets calls go on and takes no new ones, SIGHUP and POST /reload read the configuration again and refuse a bad one whole.
 * Method: the product in a process of its own, real signals, scripted phones with RTP.
 */
import t from 'tap';
import { SipPhone } from '../support/sip-phone.js';
import { ALICE_HERTZ, BOB_HERTZ, TwoPhones } from '../support/two-phones.js';
import { until } from '../support/until.js';

t.setTimeout(120_000);

const accounts = (numbers: readonly string[], more = ''): string =>
  [
    'phones:',
    ...numbers.map((number) => `  - { number: '${number}', password: demo-${number}${more} }`),
    'tokens:',
    '  - { name: demo, token: demo-token }',
    '',
  ].join('\n');

t.test('SIGTERM: the call goes on, a new one is 503 with Retry-After, and after the BYE it ends with 0', async (t) => {
  const phones = await TwoPhones.start(t, { files: { 'limits.yaml': 'drainSeconds: 60\n' } });
  const { holdfast, alice, bob } = phones;
  const talk = await phones.talk();
  holdfast.signal('SIGTERM');
  await until('it drains', () => holdfast.log.includes('SIGTERM: no new calls'));
  await bob.sip.invite('101', bob.rtp.sdp());
  const refused = await bob.sip.receives('503');
  t.ok(Number(refused.headers.get('retry-after')) > 0, 'Retry-After');
  const { status, body } = await holdfast.api('POST', '/calls', { caller: '101', callee: '102' });
  t.equal(status, 503, 'nor over HTTP');
  t.match(body, { code: 'busy' });
  t.same(await phones.hears(alice), [BOB_HERTZ]);
  t.same(await phones.hears(bob), [ALICE_HERTZ]);
  await phones.hangUp(talk);
  t.equal(await holdfast.code(), 0);
});

t.test('SIGTERM: a call that goes on for longer than the limit hears BYE, and it ends with 0', async (t) => {
  const phones = await TwoPhones.start(t, { files: { 'limits.yaml': 'drainSeconds: 1\n' } });
  const { holdfast, alice, bob } = phones;
  await phones.talk();
  holdfast.signal('SIGTERM');
  for (const phone of [alice, bob]) phone.sip.respond(await phone.sip.receives('BYE'), 200);
  t.equal(await holdfast.code(), 0);
});

t.test('SIGHUP and POST /reload: a bad file changes nothing and is named with its key, a good one is in force', async (t) => {
  const phones = await TwoPhones.start(t);
  const { holdfast, alice, bob } = phones;
  const talk = await phones.talk();
  const newcomer = async (number: string): Promise<SipPhone> => {
    const phone = await SipPhone.open({ number, server: holdfast.sipPort });
    t.teardown(() => phone.close());
    return phone;
  };

  holdfast.write('accounts.yaml', accounts(['101', '102', '105'], ', holdMode: sideways'));
  holdfast.signal('SIGHUP');
  await until('it is refused', () => holdfast.log.includes('the configuration was refused'));
  t.match(holdfast.log, /accounts\.yaml: phones\.0\.holdMode/);
  t.match((await alice.sip.register()).line, / 200 /, 'those who were there are');
  const refused = await holdfast.api('POST', '/reload');
  t.match(refused, { status: 422, body: { status: 422, code: 'config_refused', detail: /accounts\.yaml: phones\.0\.holdMode/ } });
  t.match((await (await newcomer('105')).register()).line, / 401 /, 'nobody has this number yet');

  holdfast.write('accounts.yaml', accounts(['101', '102', '105']));
  holdfast.signal('SIGHUP');
  await until('it is read', () => holdfast.log.includes('the configuration was read again'));
  t.match((await (await newcomer('105')).register()).line, / 200 /);
  holdfast.write('accounts.yaml', accounts(['101', '102', '105', '106']));
  const read = await holdfast.api('POST', '/reload');
  t.match(read, { status: 200, body: { applied: ['accounts.phones'], needsRestart: [] } });
  t.match((await (await newcomer('106')).register()).line, / 200 /);

  holdfast.write('accounts.yaml', accounts(['101', '102', '106']));
  t.match(await holdfast.api('POST', '/reload'), { status: 200 });
  await holdfast.event((event) => event.kind === 'registration.changed' && event['change'] === 'unregistered');
  const { registrations } = (await holdfast.api<{ registrations: { aor: string }[] }>('GET', '/registrations')).body;
  t.same(registrations.map(({ aor }) => aor).sort(), ['101', '102', '106'], 'who was taken out is reached nowhere');

  t.same(await phones.hears(alice), [BOB_HERTZ], 'the call has not noticed');
  t.same(await phones.hears(bob), [ALICE_HERTZ]);
  await phones.hangUp(talk);
});
