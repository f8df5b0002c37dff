/**
 * Goal: what an extension does is told rightly, to those who may know, in well-formed documents, without a gap and to an end. Method: the
 * book is fed events, the notifier answers of a fake SIP server, and time is moved.
 */
import t, { type Test } from 'tap';
import { EventBus } from '#calls/event-bus.js';
import type { HoldfastEvent } from '#core/events.js';
import type { CallId, LegRole } from '#core/leg.js';
import { createLogger } from '#kit/log.js';
import { DialogBook } from '#signaling/dialog-events/dialog-book.js';
import { Notifier } from '#signaling/dialog-events/notifier.js';
import { writeDialogInfo, type ExtensionDialog } from '#signaling/dialog-events/dialog-info.js';
import { DialogSubscriptions } from '#signaling/dialog-events/subscriptions.js';
import type { SentCallback } from '#signaling/srf.js';
import { BOTH_HELD, NO_HOLD } from '../support/fake-calls.js';
import { FakeClock } from '../support/fake-clock.js';
import { FakeSrf, incoming } from '../support/fake-srf.js';

const ID = 'c1' as CallId;
const parties = { caller: '101', callee: '102' };
const about = { callId: ID, parties };
const rings = (leg: LegRole = 'callee', callId = ID): HoldfastEvent => ({ kind: 'call.ringing', callId, parties, leg });
const answered: HoldfastEvent = { kind: 'call.answered', ...about };
const ended: HoldfastEvent = { kind: 'call.ended', ...about, cause: 'caller-hung-up', answered: true };
const held: HoldfastEvent = { kind: 'hold.changed', ...about, holders: ['controller'], hold: BOTH_HELD };
const resumed: HoldfastEvent = { kind: 'hold.changed', ...about, holders: [], hold: NO_HOLD };

const line = ({ state, direction, remote, held: isHeld }: ExtensionDialog): string =>
  `${direction} ${state} ${remote ?? '?'}${isHeld ? ' held' : ''}`;

function book(isPrivate = false) {
  const one = new DialogBook(() => isPrivate);
  return { hear: (event: HoldfastEvent) => one.hear(event), shows: (number: string) => one.of(number).map(line) };
}

t.test('a call from phone to phone, seen from both ends', (t) => {
  const { hear, shows } = book();
  t.same(hear(rings()), [{ extension: '101' }, { extension: '102' }]);
  t.same([shows('101'), shows('102')], [['initiator early 102'], ['recipient early 101']]);
  t.same(hear(rings()), [], 'a second 180 is no news');
  hear(answered);
  t.same([shows('101'), shows('102')], [['initiator confirmed 102'], ['recipient confirmed 101']]);
  t.equal(hear(held).length, 2);
  t.same([shows('101'), shows('102')], [['initiator confirmed 102 held'], ['recipient confirmed 101 held']]);
  t.same(hear(held), [], 'nor is a hold that goes on');
  hear(resumed);
  t.same(shows('102'), ['recipient confirmed 101']);
  t.same(
    hear(ended).map((change) => [change.extension, change.ended?.state, change.ended?.id]),
    [
      ['101', 'terminated', 'c1-caller'],
      ['102', 'terminated', 'c1-callee'],
    ],
  );
  t.same([shows('101'), shows('102')], [[], []]);
  t.same(hear(ended), []);
  t.same(hear(held), [], 'a late word of a call that is gone');
  t.end();
});

t.test('a call that is forwarded is over where it rang, and rings where it went', (t) => {
  const { hear, shows } = book();
  hear(rings());
  const forwarded: HoldfastEvent = {
    kind: 'call.forwarded',
    callId: ID,
    parties: { caller: '101', callee: '103' },
    from: '102',
    to: '103',
  };
  t.same(
    hear(forwarded).map((change) => [change.extension, change.ended?.state]),
    [['102', 'terminated']],
  );
  t.same([shows('102'), shows('103')], [[], []]);
  t.same(hear({ kind: 'call.ringing', callId: ID, parties: { caller: '101', callee: '103' }, leg: 'callee' }), [
    { extension: '103' },
  ]);
  t.same([shows('101'), shows('103')], [['initiator early 103'], ['recipient early 101']]);
  hear({ ...ended, parties: { caller: '101', callee: '103' } });
  t.same([shows('101'), shows('102'), shows('103')], [[], [], []]);
  t.same(hear({ ...forwarded, callId: 'c2' as CallId }), [], 'of a call that nobody knows');
  t.end();
});

t.test('an API call rings its caller first: that one is rung, not ringing', (t) => {
  const { hear, shows } = book();
  t.same(hear(rings('caller')), [{ extension: '101' }]);
  t.same([shows('101'), shows('102')], [['recipient early 102'], []]);
  hear(rings('callee'));
  t.same([shows('101'), shows('102')], [['recipient confirmed 102'], ['recipient early 101']]);
  t.end();
});

t.test('who calls anonymously is nobody to those who watch the one called', (t) => {
  const { hear, shows } = book(true);
  hear(rings());
  t.same([shows('101'), shows('102')], [['initiator early 102'], ['recipient early ?']]);
  t.end();
});

t.test('a party that waits to be transferred is in one dialog, not in two', (t) => {
  const { hear, shows } = book();
  hear(answered);
  const next = { callId: 'c2' as CallId, parties: { caller: '101', callee: '103' } };
  hear({ kind: 'transfer.changed', ...about, state: 'started', by: '102', to: '103', newCallId: next.callId });
  hear({ kind: 'call.ringing', ...next, leg: 'callee' });
  t.same([shows('101'), shows('103')], [['initiator confirmed 102'], ['recipient early 101']]);
  hear({ kind: 'call.answered', ...next });
  hear({ ...ended, cause: 'transferred' });
  t.same([shows('101'), shows('102'), shows('103')], [['initiator confirmed 103'], [], ['recipient confirmed 101']]);
  t.end();
});

t.test('who parks a call is free, and who is parked is not', (t) => {
  const { hear, shows } = book();
  hear(answered);
  const changes = hear({ kind: 'call.parked', ...about, slot: '1', by: '102' });
  t.same(
    changes.map((change) => [change.extension, change.ended?.state]),
    [['102', 'terminated']],
  );
  t.same([shows('101'), shows('102')], [['initiator confirmed 102'], []]);
  hear({ kind: 'hold.changed', ...about, holders: ['102'], hold: BOTH_HELD });
  t.same([shows('101'), shows('102')], [['initiator confirmed 102 held'], []]);
  t.end();
});

t.test('what phones say of themselves breaks no document, and no URI', (t) => {
  const evil = `a"<&>'@x\u0000`;
  const dialogs: ExtensionDialog[] = [
    { id: evil, state: 'early', direction: 'recipient', local: evil, remote: evil, held: false },
    { id: 'b', state: 'confirmed', direction: 'recipient', local: '1', remote: undefined, held: true },
  ];
  const text = writeDialogInfo({ extension: evil, host: 'h', version: 3, dialogs });
  t.notMatch(text, /<&|&(?!(amp|lt|gt|quot|apos);)|\u0000/);
  t.equal(text.match(/<dialog /g)?.length, 2);
  t.match(text, 'version="3" state="full" entity="sip:a%22%3C%26%3E&apos;%40x%00@h"');
  t.match(
    text,
    '<local><identity>sip:1@h</identity><target uri="sip:1@h"><param pname="+sip.rendering" pval="no"/></target></local>',
  );
  t.match(text, '<remote><identity>sip:anonymous@anonymous.invalid</identity>');
  t.notMatch(text.slice(0, text.indexOf('id="b"')), /rendering/);
  t.end();
});

function watching(t: Test) {
  const clock = new FakeClock();
  const log = createLogger('silent');
  const bus = new EventBus(clock, log);
  const srf = new FakeSrf();
  let asker = '103';
  const removed = new Set<string>();
  const subscriptions = new DialogSubscriptions({
    srf: srf.asSrf(),
    bus,
    bindings: {
      traits: (number) => ({ kind: removed.has(number) ? 'stranger' : 'phone', holdMode: 'auto', refusedMusic: false }),
    },
    authenticate: () =>
      asker === 'trunk' ? { kind: 'trunk', name: 'carrier', asker: 'trunk' } : { kind: 'account', number: asker },
    isPrivate: () => false,
    clock,
    log,
  });
  t.teardown(() => subscriptions.close());
  /** @returns the status of the answer, and its headers. */
  const subscribe = (dialogId: string, more: Readonly<Record<string, string>> = {}, inDialog = false) => {
    const headers = { Event: 'dialog', To: `<sip:102@x>${inDialog ? ';tag=1' : ''}`, ...more };
    const facts = { method: 'SUBSCRIBE', uri: 'sip:102@x', headers, ...(inDialog ? { dialogId } : {}) };
    const { request, response, sent } = incoming(facts);
    const send = response.send.bind(response);
    const answer = Object.assign(response, { stackDialogId: dialogId });
    answer.send = (status: number, ...rest: unknown[]) => {
      (send as (...all: unknown[]) => void)(status, ...rest);
      const told = rest.find((one): one is SentCallback => typeof one === 'function');
      told?.(null);
    };
    subscriptions.onSubscribe(request, answer);
    return sent[0];
  };
  const states = (): string[] =>
    srf.sent.map(({ options }) => {
      const version = /version="(\d+)"/.exec(options.body ?? '')?.[1];
      const dialogs = [...(options.body ?? '').matchAll(/<state>(\w+)</g)].map(([, state]) => state);
      return [`${options.headers?.['Subscription-State']} v${version}`, ...dialogs].join(' ');
    });
  return {
    clock,
    bus,
    srf,
    subscriptions,
    subscribe,
    states,
    asks: (number: string) => void (asker = number),
    removes: (number: string) => void removed.add(number),
  };
}

t.test('one NOTIFY at a time: what happens meanwhile is in the next one, also what has ended', (t) => {
  const { bus, srf, subscribe, states } = watching(t);
  t.match(subscribe('d1', { Expires: '100' }), { status: 200, headers: { Expires: '100' } });
  bus.publish(rings());
  bus.publish(answered);
  bus.publish(ended);
  t.same(states(), ['active;expires=100 v0']);
  srf.last.answer(200);
  t.same(states().slice(1), ['active;expires=100 v1 terminated']);
  srf.last.answer(200);
  t.equal(srf.sent.length, 2);
  bus.publish(rings('callee', 'c2' as CallId));
  t.equal(states()[2], 'active;expires=100 v2 early', 'what has ended was told once');
  t.end();
});

t.test('a subscription that is not refreshed ends with a last word; one that is goes on', (t) => {
  const { clock, srf, subscriptions, subscribe, states } = watching(t);
  subscribe('d1', { Expires: '100' });
  srf.last.answer(200);
  clock.advance(90_000);
  t.match(subscribe('d1', { Expires: '100' }, true), { status: 200 });
  srf.last.answer(200);
  clock.advance(99_000);
  t.equal(srf.sent.length, 2);
  clock.advance(1_000);
  t.equal(states()[2], 'terminated;reason=timeout v2');
  srf.last.answer(200);
  t.equal(subscriptions.size, 0);
  t.same(clock.pending(), []);
  t.match(subscribe('d1', {}, true), { status: 481 });
  t.end();
});

for (const status of [481, 408, 404, 501])
  t.test(`${status} to a NOTIFY ends the subscription without another word`, (t) => {
    const { bus, clock, srf, subscriptions, subscribe } = watching(t);
    subscribe('d1');
    srf.last.answer(status);
    t.equal(subscriptions.size, 0);
    bus.publish(rings());
    t.equal(srf.sent.length, 1);
    t.same(clock.pending(), []);
    t.end();
  });

t.test('a phone that is unwell hears the next news', (t) => {
  const { bus, srf, subscriptions, subscribe } = watching(t);
  subscribe('d1');
  srf.last.answer(500);
  t.equal(subscriptions.size, 1);
  bus.publish(rings());
  t.equal(srf.sent.length, 2);
  t.end();
});

t.test('a phone that cannot be reached is forgotten', (t) => {
  const { bus, srf, subscriptions, subscribe } = watching(t);
  subscribe('d1');
  srf.last.answer(200);
  srf.refuses = Object.assign(new Error('no way there'), { code: 'EDRACHTIO' });
  bus.publish(rings());
  t.equal(subscriptions.size, 0);
  t.end();
});

t.test('one account has so many keys and no more, and gets them back', (t) => {
  const { srf, subscribe, subscriptions, asks } = watching(t);
  for (let key = 0; key < 200; key++) t.match(subscribe(`d${key}`), { status: 200 });
  t.match(subscribe('more'), { status: 503, headers: { 'Retry-After': '60' } });
  asks('104');
  t.match(subscribe('other'), { status: 200 });
  asks('103');
  srf.sent[0]?.answer(481);
  t.match(subscribe('again'), { status: 200 });
  t.equal(subscriptions.size, 201);
  t.end();
});

t.test('what our people do is no business of a trunk; a dialog we do not have is none', (t) => {
  const { subscribe, subscriptions, asks, srf } = watching(t);
  asks('trunk');
  t.match(subscribe('d1'), { status: 403 });
  asks('103');
  t.match(subscribe('d2', { To: '<sip:102@x>;tag=gone' }), { status: 481 });
  t.match(subscribe('d3', { Event: 'dialogue' }), { status: 489 });
  t.match(subscribe('d4', { Expires: '59' }), { status: 423 });
  t.match(subscribe('d5', { Expires: '99999999999' }), { status: 200, headers: { Expires: '3600' } });
  t.match(subscribe('d6', { Event: '', o: 'Dialog ; id=x1' }), { status: 489 }, 'two events are no event');
  t.equal(subscriptions.size, 1);
  t.equal(srf.sent.length, 1);
  t.end();
});

t.test('closing tells everybody, once', (t) => {
  const { bus, srf, subscriptions, subscribe, states } = watching(t);
  subscribe('d1');
  srf.last.answer(200);
  subscriptions.close();
  subscriptions.close();
  bus.publish(rings());
  t.same(states().slice(1), ['terminated;reason=probation;retry-after=30 v1']);
  t.end();
});

t.test('what a phone did not take is told again, less often each time, also what has ended', async (t) => {
  const clock = new FakeClock();
  const srf = new FakeSrf();
  const dialogs: ExtensionDialog[] = [];
  const deps = { srf: srf.asSrf(), clock, dialogId: 'd', event: 'dialog', extension: '101', host: 'h' };
  const notifier = new Notifier({ ...deps, dialogs: () => dialogs, over: () => t.fail('it goes on') });
  notifier.extend(3600);
  srf.last.answer(200);
  notifier.changed({ id: 'gone', local: '101', direction: 'initiator', state: 'terminated', remote: '102', held: false });
  for (const waitMs of [2000, 4000, 8000]) {
    srf.last.answer(503, { 'Retry-After': '1' });
    const before = srf.sent.length;
    clock.advance(waitMs - 1);
    t.equal(srf.sent.length, before);
    clock.advance(1);
    t.equal(srf.sent.length, before + 1);
    t.match(srf.last.options.body, 'gone');
  }
  srf.last.answer(200);
  const told = srf.sent.length;
  clock.advance(600_000);
  t.equal(srf.sent.length, told, 'and once it is taken no more');
});

t.test('who is no account any more watches nobody', (t) => {
  const { subscribe, removes } = watching(t);
  t.equal(subscribe('d1')?.status, 200);
  t.equal(subscribe('d1', {}, true)?.status, 200);
  removes('103');
  t.equal(subscribe('d1', {}, true)?.status, 403);
  t.equal(subscribe('d1', { Expires: '0' }, true)?.status, 200, 'who ends it need not be anybody');
  t.end();
});
