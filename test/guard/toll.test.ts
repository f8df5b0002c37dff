/** Goal: a stolen password cannot cost a fortune: dial rules, calls at once, calls a day, calls over a trunk. */
import t from 'tap';
import { Value } from '@sinclair/typebox/value';
import { mayDial } from '#guard/dial-rules.js';
import { Toll } from '#guard/toll.js';
import { Busy, DialForbidden } from '#kit/errors.js';
import { GuardsFile } from '#kit/guards-schema.js';
import { FakeClock } from '../support/fake-clock.js';

function tollOf(calls: unknown): { toll: Toll; clock: FakeClock; call: (payer: string, number?: string) => string } {
  const clock = new FakeClock(1_700_000_000_000);
  const file = Value.Decode(GuardsFile, Value.Default(GuardsFile, { calls }));
  const toll = new Toll(file.calls, clock);
  let count = 0;
  const call = (payer: string, number?: string): string => {
    const callId = `call-${++count}`;
    toll.admit({ callId, payer, outside: number === undefined ? [] : [{ number, trunk: 'carrier' }] });
    return callId;
  };
  return { toll, clock, call };
}

t.test('the longest prefix decides, and of two equal ones the one that forbids', async (t) => {
  const rules = { allow: ['9', '900123'], deny: ['900', '95'] };
  const rows: [string, boolean][] = [
    ['9123', true],
    ['9005', false],
    ['9001234', true],
    ['95', false],
    ['1', false],
    ['9-0 (0)5', false],
  ];
  for (const [number, may] of rows) t.equal(mayDial(number, rules), may, number);
  t.equal(mayDial('9', { allow: ['9'], deny: ['9'] }), false);
  for (const odd of ['9$001', '9,001', '9/001', '9_001', '9;001', '9\u0000001', '9\u00a0001'])
    t.equal(mayDial(odd, { allow: [], deny: ['900'] }), false, JSON.stringify(odd));
  t.equal(mayDial('9_001', { allow: [], deny: [] }), true, 'where there is no rule there is none to pass');
  t.equal(mayDial('1', { allow: [], deny: ['9'] }), true, 'where nothing is allowed by name, all is that is not denied');
});

t.test('what nobody may dial, and what one account may not, is 403 and is not counted', async (t) => {
  const { toll, call } = tollOf({ deny: ['00882'], accounts: [{ number: '101', allow: ['9'] }] });
  t.throws(() => call('102', '00882123'), DialForbidden);
  t.throws(() => call('101', '00441'), DialForbidden);
  t.equal(toll.size, 0);
  call('101', '944');
  call('102', '00441');
  call('101');
  t.equal(toll.size, 3);
});

t.test('so many calls at once and no more, until one of them ends', async (t) => {
  const { toll, call } = tollOf({ perAccount: { concurrent: 2 }, accounts: [{ number: '102', concurrent: 0 }] });
  const first = call('101');
  call('101');
  t.throws(() => call('101'), Busy);
  for (let count = 0; count < 10; count++) call('102');
  toll.ended(first);
  toll.ended(first);
  call('101');
  t.throws(() => call('101'), Busy);
});

t.test('so many calls outside a day; the next day begins anew, and calls inside are free', async (t) => {
  const { clock, toll, call } = tollOf({ perAccount: { outsidePerDay: 2 } });
  for (const number of ['1', '2']) toll.ended(call('101', number));
  t.throws(() => call('101', '3'), Busy);
  call('101');
  clock.advance(86_400_000);
  call('101', '3');
});

t.test('a refused call costs nothing of the day', async (t) => {
  const { call, toll } = tollOf({ perAccount: { concurrent: 1, outsidePerDay: 2 } });
  const first = call('101', '1');
  t.throws(() => call('101', '2'), Busy);
  toll.ended(first);
  call('101', '2');
});

t.test('a trunk has a limit for calls to it and from it together', async (t) => {
  const { toll, call } = tollOf({ trunks: [{ name: 'carrier', concurrent: 2 }] });
  call('101', '1');
  toll.admit({ callId: 'in', outside: [], from: 'carrier' });
  t.throws(() => call('102', '2'), Busy);
  t.throws(() => toll.admit({ callId: 'in-2', outside: [], from: 'carrier' }), Busy);
  toll.ended('in');
  call('102', '2');
});

t.test('rules that change count what goes on', async (t) => {
  const { toll, call } = tollOf({});
  call('101');
  toll.configure(Value.Decode(GuardsFile, Value.Default(GuardsFile, { calls: { perAccount: { concurrent: 1 } } })).calls);
  t.throws(() => call('101'), Busy);
});
