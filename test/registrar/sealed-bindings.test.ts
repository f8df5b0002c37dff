/**
 * Goal: who knows an old password only is reached nowhere after a restart, however it was written down. Method: what one registrar has left is
 * read by another, with other accounts; the store's own disk is looked at for passwords.
 */
import t from 'tap';
import { createLogger } from '#kit/log.js';
import { Accounts } from '#registrar/accounts.js';
import { Registrar } from '#registrar/registrar.js';
import { SealedBindings } from '#registrar/sealed-bindings.js';
import { ha1Of } from '#sip/digest.js';
import { BindingShelf } from '#store/binding-shelf.js';
import { MemoryDisk } from '#store/memory-disk.js';
import { Store } from '#store/store.js';
import { FakeClock } from '../support/fake-clock.js';

type Phones = ConstructorParameters<typeof Accounts>[0];

const REALM = 'holdfast';
const log = createLogger('silent');
const clock = new FakeClock();

/** A life of the house: who is registered at its start; then `act`, and its end. */
async function life(disk: MemoryDisk, phones: Phones, act: (registrar: Registrar) => void = () => undefined): Promise<string[]> {
  const store = new Store(disk, clock, log);
  const accounts = new Accounts(phones, REALM);
  const keeper = new SealedBindings(new BindingShelf(store, log), accounts);
  const registrar = new Registrar(clock, { minSec: 60, maxSec: 3600, maxContacts: 10 }, () => undefined, keeper);
  registrar.restore((aor) => accounts.numbers.has(aor));
  const registered = [...accounts.numbers].filter((number) => registrar.targets(number).length > 0);
  act(registrar);
  await store.flush();
  registrar.close();
  await store.close();
  return registered;
}

const registers = (number: string) => (registrar: Registrar) =>
  void registrar.register(number, {
    contacts: [{ uri: `sip:${number}@192.0.2.1:5062`, q: 1 }],
    expiresSec: 600,
    callId: `register ${number}`,
    cseq: 1,
    flow: { protocol: 'udp', address: '192.0.2.9', port: 40_000 },
  });

const OLD: Phones = [{ number: '101', password: 'the old one' }];

t.test('a password that was changed while the house was down ends what was registered with the old one', async (t) => {
  const disk = new MemoryDisk();
  t.same(await life(disk, OLD, registers('101')), []);
  t.same(await life(disk, OLD), ['101'], 'the same password');
  t.same(
    await life(disk, [{ number: '101', ha1: { sha256: ha1Of('SHA-256', '101', REALM, 'the old one') } }]),
    ['101'],
    'its HA1',
  );
  t.same(await life(disk, [{ number: '101', password: 'another' }]), []);
  t.same(await life(disk, OLD), [], 'and it stays away');
});

t.test('what was written before there were seals is believed, and no password is written', async (t) => {
  const disk = new MemoryDisk();
  const store = new Store(disk, clock, log);
  const registrar = new Registrar(
    clock,
    { minSec: 60, maxSec: 3600, maxContacts: 10 },
    () => undefined,
    new BindingShelf(store, log),
  );
  registers('101')(registrar);
  await store.flush();
  registrar.close();
  await store.close();
  t.same(await life(disk, [{ number: '101', password: 'another' }], registers('101')), ['101']);
  const written = [...disk.entries('registrations')].map(([, bytes]) => Buffer.from(bytes).toString('latin1')).join();
  t.match(written, '192.0.2.1');
  const ha1 = (['MD5', 'SHA-256'] as const).map((one) => ha1Of(one, '101', REALM, 'another'));
  for (const secret of ['another', ...ha1]) t.notMatch(written, secret);
});
