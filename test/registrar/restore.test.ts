/**
 * Goal: phones are reached after a restart without registering again. Method: a registrar, a second one on what the first has left.
 */
import t from 'tap';
import type { RegistrationEvent } from '#core/events.js';
import type { Registration } from '#core/bindings.js';
import { createLogger } from '#kit/log.js';
import { Registrar } from '#registrar/registrar.js';
import { BindingShelf } from '#store/binding-shelf.js';
import { MemoryDisk } from '#store/memory-disk.js';
import { Store } from '#store/store.js';
import { FakeClock } from '../support/fake-clock.js';

const log = createLogger('silent');
const everybody = (): boolean => true;

class House {
  readonly disk = new MemoryDisk();
  readonly clock = new FakeClock();
  readonly events: string[] = [];
  store = new Store(this.disk, this.clock, log);
  registrar = this.#newRegistrar();

  #newRegistrar(): Registrar {
    const publish = ({ aor, change }: RegistrationEvent): void => void this.events.push(`${aor} ${change}`);
    const limits = { minSec: 60, maxSec: 3600, maxContacts: 10 };
    return new Registrar(this.clock, limits, publish, new BindingShelf(this.store, log));
  }

  /** What a kill -9 right after a batch leaves. */
  async restarts(isKnown: (aor: string) => boolean = everybody, awayMs = 0): Promise<void> {
    await this.store.flush();
    this.registrar.close();
    await this.store.close();
    this.clock.advance(awayMs);
    this.events.length = 0;
    this.store = new Store(this.disk, this.clock, log);
    this.registrar = this.#newRegistrar();
    this.registrar.restore(isKnown);
  }

  registers(aor: string, more: Partial<Registration> = {}, protocol = 'udp'): void {
    this.registrar.register(aor, {
      contacts: [{ uri: `sip:${aor}@192.0.2.1:5062`, q: 1 }],
      expiresSec: 600,
      callId: `register ${aor}`,
      cseq: 1,
      flow: { protocol, address: '192.0.2.9', port: 40_000 },
      ...more,
    });
  }
}

t.test('who was registered is reached on its flow, and may not be registered by an older REGISTER', async (t) => {
  const house = new House();
  house.registers('101');
  house.registrar.holdRefused('101');
  await house.restarts();
  t.same(house.registrar.targets('101'), [{ uri: 'sip:101@192.0.2.1:5062', nextHop: 'sip:192.0.2.9:40000;transport=udp' }]);
  t.ok(house.registrar.refusedMusic('101'), 'what was learned of its holds is known too');
  t.same(house.events, [], 'nothing has happened to it');
  const again = house.registrar.register('101', {
    contacts: [{ uri: 'sip:101@192.0.2.1:5062', q: 1 }],
    callId: 'register 101',
    cseq: 1,
    flow: { protocol: 'udp', address: '192.0.2.9', port: 40_000 },
  });
  t.match(again, { kind: 'refused', status: 500 }, 'RFC 3261 §10.3 step 7: CSeq goes on');
});

t.test('who has unregistered stays away, and who has expired meanwhile is told of', async (t) => {
  const house = new House();
  house.registers('101');
  house.registers('102');
  await house.store.flush();
  house.registers('101', { expiresSec: 0, cseq: 2 });
  await house.restarts(everybody, 601_000);
  t.same(house.registrar.targets('101'), []);
  house.clock.advance(0);
  t.same(house.events, ['102 expired']);
  t.same(house.registrar.targets('102'), []);
  await house.restarts();
  t.same(house.registrar.list(), [], 'and neither comes back in the life after that');
});

t.test('a registration still ends when it was to end', async (t) => {
  const house = new House();
  house.registers('101');
  await house.restarts(everybody, 300_000);
  house.clock.advance(299_000);
  t.equal(house.registrar.targets('101').length, 1);
  house.clock.advance(1000);
  t.equal(house.registrar.targets('101').length, 0);
});

t.test('an account that is no longer in the configuration is forgotten for good', async (t) => {
  const house = new House();
  house.registers('101');
  house.registers('102');
  await house.restarts((aor) => aor === '102');
  t.same(
    house.registrar.list().map(({ aor }) => aor),
    ['102'],
  );
  await house.restarts();
  t.same(
    house.registrar.list().map(({ aor }) => aor),
    ['102'],
  );
});

t.test('a phone behind a connection that is gone rings only where there is no other', async (t) => {
  const house = new House();
  house.registers('101', {}, 'ws');
  house.registers('101', { contacts: [{ uri: 'sip:101@192.0.2.2:5062', q: 0.1 }], callId: 'other' });
  await house.restarts();
  t.same(
    house.registrar.targets('101').map(({ uri }) => uri),
    ['sip:101@192.0.2.2:5062'],
  );
  house.registers('101', { cseq: 2 }, 'ws');
  t.equal(house.registrar.targets('101').length, 2, 'until it has registered again');
});

t.test('a record that cannot be read costs its phone one REGISTER, and nobody else anything', async (t) => {
  const house = new House();
  house.registers('101');
  house.store.changed('registrations', '102', () => Buffer.from('damaged'));
  await house.restarts();
  t.same(
    house.registrar.list().map(({ aor }) => aor),
    ['101'],
  );
  await house.store.flush();
  t.same(
    [...house.disk.entries('registrations')].map(([aor]) => aor),
    ['101'],
  );
});
