/**
 * parking: slots, codes, and what is refused.
 */
import t from 'tap';
import { Parking } from '#calls/parking.js';
import type { CallId } from '#core/leg.js';
import { FakeClock } from '../support/fake-clock.js';

const parked = (callId: string) => ({ callId: callId as CallId, staying: 'caller', number: '101', by: '102' }) as const;
const codes = { park: '*85', retrieve: '*86', slots: 3 };

t.test('the first free slot is given, and a slot is free again when its call is over', async (t) => {
  const parking = new Parking(codes, new FakeClock());
  t.equal(parking.take(undefined, parked('a')), '1');
  t.equal(parking.take('3', parked('c')), '3');
  t.equal(parking.take(undefined, parked('b')), '2');
  t.throws(() => parking.take(undefined, parked('d')), { code: 'busy', message: /every parking slot/ });
  t.throws(() => parking.take('3', parked('d')), { code: 'slot_taken', http: 409, sip: 486, message: /slot 3/ });
  t.ok(parking.isParked('b' as CallId));
  parking.free('b' as CallId);
  t.notOk(parking.isParked('b' as CallId));
  t.equal(parking.take(undefined, parked('d')), '2');
  t.same(
    parking.list().map(({ slot, callId }) => `${slot} ${callId}`),
    ['1 a', '3 c', '2 d'],
  );
  t.equal(parking.find('3')?.callId, 'c');
});

t.test('only slots that exist are slots', async (t) => {
  const parking = new Parking(codes, new FakeClock());
  for (const slot of ['0', '4', '01', 'x', '', '1 ', '99999'])
    t.throws(() => parking.take(slot, parked('a')), { code: 'bad_request', field: 'slot' }, `"${slot}"`);
});

t.test('codes are read as they are dialled, and parking can be switched off', async (t) => {
  const parking = new Parking(codes, new FakeClock());
  t.ok(parking.isParkCode('*85'));
  t.notOk(parking.isParkCode('*851'));
  t.equal(parking.slotDialled('*862'), '2');
  for (const number of ['*86', '*869', '*86x', '862', '*8602']) t.equal(parking.slotDialled(number), undefined, number);
  const off = new Parking({ ...codes, slots: 0 }, new FakeClock());
  t.notOk(off.isParkCode('*85'));
  t.equal(off.slotDialled('*861'), undefined);
});
