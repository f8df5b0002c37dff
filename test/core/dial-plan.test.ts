import t from 'tap';
import { route } from '#core/dial-plan.js';

const ACCOUNTS = new Set(['101', '+4930123', '9']);
const TRUNKS = [
  { name: 'carrier', prefix: '9', stripPrefix: true },
  { name: 'abroad', prefix: '900', stripPrefix: true },
  { name: 'plus', prefix: '+', stripPrefix: false },
  { name: 'second carrier', prefix: '9', stripPrefix: true },
  { name: 'incoming only', stripPrefix: true },
];

for (const [number, expected, why] of [
  ['101', { kind: 'account', number: '101' }, 'an extension'],
  ['+4930123', { kind: 'account', number: '+4930123' }, 'an extension wins over a prefix'],
  ['9', { kind: 'account', number: '9' }, 'also over a prefix that is all of it'],
  ['90301', { kind: 'trunk', name: 'carrier', number: '0301' }, 'the first of two equal prefixes, without the prefix'],
  ['9004455', { kind: 'trunk', name: 'abroad', number: '4455' }, 'the longest prefix'],
  ['+4940', { kind: 'trunk', name: 'plus', number: '+4940' }, 'a prefix that stays'],
  ['900', { kind: 'unknown' }, 'nothing is left after the prefix'],
  ['1010', { kind: 'unknown' }, 'an extension is not a prefix'],
  ['', { kind: 'unknown' }, 'nothing was dialled, and a trunk without prefix cannot be dialled'],
] as const) {
  t.test(`dialling "${number}": ${why}`, async (t) => {
    t.same(route(number, ACCOUNTS, TRUNKS), expected);
  });
}

t.test('an empty prefix takes what nobody else wants', async (t) => {
  const all = [{ name: 'default', prefix: '', stripPrefix: true }, ...TRUNKS];
  t.same(route('555', ACCOUNTS, all), { kind: 'trunk', name: 'default', number: '555' });
  t.match(route('9555', ACCOUNTS, all), { name: 'carrier' });
});
