/**
 * Goal: a BLF key shows what an extension does: that it rings, talks, is held, talks again, is free. Method: the whole product, two
 * scripted phones in a call and a third that watches both by SUBSCRIBE (RFC 4235).
 */
import t, { type Test } from 'tap';
import { SipPhone, type CallLeg, type Message } from '../support/sip-phone.js';
import { TwoPhones } from '../support/two-phones.js';

const SERVER = 'sip:102@127.0.0.1';
const WATCH = { Event: 'dialog', Accept: 'application/dialog-info+xml', Expires: '600' };
const tag = (value: string): string => /;tag=([^;>\s]+)/.exec(value)?.[1] ?? '';

/** What a lamp shows, in one line: version, then each dialog. */
function lamp(notify: Message): string {
  const version = /version="(\d+)"/.exec(notify.body)?.[1] ?? '?';
  const dialogs = [...notify.body.matchAll(/<dialog [^>]*direction="(\w+)">\s*<state>(\w+)<\/state>([^]*?)<\/dialog>/g)];
  const words = dialogs.map(([, direction, state, rest = '']) => {
    const held = /<local>.*\+sip\.rendering" pval="no".*<\/local>/.test(rest) ? ' held' : '';
    return `${direction} ${state}${held} with ${/<remote><identity>sip:(\w+)@/.exec(rest)?.[1]}`;
  });
  return [version, ...words].join(': ');
}

class Watcher {
  readonly phone: SipPhone;
  readonly extension: string;
  #leg: CallLeg | undefined;

  constructor(phone: SipPhone, extension: string) {
    this.phone = phone;
    this.extension = extension;
  }

  async subscribe(more: Readonly<Record<string, string>> = {}): Promise<Message> {
    const answer = await this.phone.authenticated('SUBSCRIBE', `sip:${this.extension}@127.0.0.1`, { ...WATCH, ...more });
    const pick = (name: string): string => answer.headers.get(name) ?? '';
    this.#leg = {
      callId: pick('call-id'),
      localTag: tag(pick('from')),
      remote: pick('to'),
      localUri: this.phone.uri,
      target: /<([^>]+)>/.exec(pick('contact'))?.[1] ?? '',
      cseq: parseInt(pick('cseq'), 10),
    };
    return answer;
  }

  get leg(): CallLeg {
    if (this.#leg === undefined) throw new Error('not subscribed');
    return this.#leg;
  }

  async hears(status = 200): Promise<Message> {
    const notify = await this.phone.receives('NOTIFY', (one) => one.headers.get('call-id') === this.leg.callId);
    this.phone.respond(notify, status);
    return notify;
  }

  /** Until the lamp shows this; what it showed on the way. */
  async shows(words: string): Promise<string[]> {
    const seen: string[] = [];
    for (;;) {
      const now = lamp(await this.hears());
      seen.push(now);
      if (now.replace(/^\d+: ?/, '') === words || now === words) return seen;
    }
  }
}

async function watcher(t: Test, phones: TwoPhones, extension: string, number = '103'): Promise<Watcher> {
  const phone = await SipPhone.open({ number, server: phones.holdfast.sipPort });
  t.teardown(() => phone.close());
  return new Watcher(phone, extension);
}

t.test('phones that watch others', async (t) => {
  const phones = await TwoPhones.start(t);
  const { alice, bob } = phones;

  await t.test('a lamp follows a call: early, confirmed, held, confirmed, gone; each state is whole and numbered', async (t) => {
    const [onAlice, onBob] = [await watcher(t, phones, '101'), await watcher(t, phones, '102')];
    const ok = await onBob.subscribe();
    t.equal(ok.headers.get('expires'), '600');
    t.match(ok.headers.get('contact'), /sip:/);
    const first = await onBob.hears();
    t.equal(lamp(first), '0', 'nothing yet, and that at once');
    t.equal(first.headers.get('event'), 'dialog');
    t.match(first.headers.get('subscription-state'), /^active;expires=\d+$/);
    t.equal(first.headers.get('content-type'), 'application/dialog-info+xml');
    t.match(first.body, /state="full" entity="sip:102@127\.0\.0\.1"/);
    await onAlice.subscribe();
    t.equal(lamp(await onAlice.hears()), '0');

    const { leg } = await alice.sip.invite('102', alice.rtp.sdp());
    const invite = await bob.sip.receives('INVITE');
    bob.sip.respond(invite, 180);
    await onBob.shows('recipient early with 101');
    await onAlice.shows('initiator early with 102');
    bob.sip.respond(invite, 200, bob.rtp.sdp());
    const answer = await alice.sip.receives(
      '200',
      (one) => one.headers.get('cseq') === '2 INVITE' && one.headers.get('call-id') === leg.callId,
    );
    alice.sip.ack(leg, answer);
    await onBob.shows('recipient confirmed with 101');
    await onAlice.shows('initiator confirmed with 102');

    alice.sip.inDialog(leg, 'INVITE', alice.rtp.sdp({ direction: 'sendonly', version: 2 }));
    const held = await alice.sip.receives('200', (one) => one.headers.get('cseq') === `${leg.cseq} INVITE`);
    alice.sip.ack(leg, held);
    await phones.takesReinvite(bob, 200, 'recvonly');
    await onBob.shows('recipient confirmed held with 101');
    await onAlice.shows('initiator confirmed held with 102');
    alice.sip.inDialog(leg, 'INVITE', alice.rtp.sdp({ version: 3 }));
    const resumed = await alice.sip.receives('200', (one) => one.headers.get('cseq') === `${leg.cseq} INVITE`);
    alice.sip.ack(leg, resumed);
    await phones.takesReinvite(bob, 200, 'sendrecv');
    await onBob.shows('recipient confirmed with 101');
    await onAlice.shows('initiator confirmed with 102');

    alice.sip.inDialog(leg, 'BYE');
    bob.sip.respond(await bob.sip.receives('BYE'), 200);
    const seen = await onBob.shows('recipient terminated with 101');
    const version = parseInt(seen.at(-1) ?? '', 10);
    const all = onBob.phone.received.filter((one) => one.what === 'NOTIFY');
    const versions = [...new Set(all.map((one) => parseInt(lamp(one), 10)))];
    t.same(
      versions,
      Array.from({ length: version + 1 }, (_, index) => index),
      'one higher each time',
    );
    await onAlice.shows('initiator terminated with 102');

    await t.test('it is refreshed, and ended, by its own dialog', async (t) => {
      onBob.phone.inDialog(onBob.leg, 'SUBSCRIBE', '', WATCH);
      t.equal(
        (await onBob.phone.receives('200', (one) => /SUBSCRIBE/.test(one.headers.get('cseq') ?? ''))).headers.get('expires'),
        '600',
      );
      t.equal(lamp(await onBob.hears()), `${version + 1}`, 'what has ended is told once');
      onBob.phone.inDialog(onBob.leg, 'SUBSCRIBE', '', { ...WATCH, Expires: '0' });
      await onBob.phone.receives('200', (one) => one.headers.get('cseq') === `${onBob.leg.cseq} SUBSCRIBE`);
      t.equal((await onBob.hears()).headers.get('subscription-state'), 'terminated;reason=timeout');
      onBob.phone.inDialog(onBob.leg, 'SUBSCRIBE', '', WATCH);
      t.ok(await onBob.phone.receives('481'));
    });
  });

  await t.test('a look is a subscription of no time; the id of the event comes back', async (t) => {
    const look = await watcher(t, phones, '102');
    t.equal((await look.subscribe({ Expires: '0', Event: 'dialog;id=7;call-id=x' })).headers.get('expires'), '0');
    const notify = await look.hears();
    t.equal(notify.headers.get('subscription-state'), 'terminated;reason=timeout');
    t.equal(notify.headers.get('event'), 'dialog;id=7');
  });

  await t.test('what we do not serve is refused by name', async (t) => {
    const { phone } = await watcher(t, phones, '102');
    const asks = (headers: Readonly<Record<string, string>>): Promise<Message> => {
      const callId = /^Call-ID: (\S+)/m.exec(phone.request('SUBSCRIBE', SERVER, { ...WATCH, ...headers }))?.[1];
      return phone.receives('4xx', (one) => one.headers.get('call-id') === callId);
    };
    const presence = await asks({ Event: 'presence' });
    t.match([presence.what, presence.headers.get('allow-events')], ['489', 'dialog']);
    const brief = await asks({ Expires: '5' });
    t.match([brief.what, brief.headers.get('min-expires')], ['423', '60']);
    t.equal((await asks({ Accept: 'application/pidf+xml' })).what, '406');
    t.equal((await asks({ Require: 'eventlist' })).what, '420');
    t.equal((await (await watcher(t, phones, '999')).subscribe()).what, '404');
    const stranger = await SipPhone.open({ number: '103', server: phones.holdfast.sipPort, password: 'wrong' });
    t.teardown(() => stranger.close());
    t.equal((await stranger.authenticated('SUBSCRIBE', SERVER, WATCH)).what, '401');
  });

  await t.test('a subscriber that says 481 hears no more', async (t) => {
    const [gone, other] = [await watcher(t, phones, '102', '103'), await watcher(t, phones, '102', '104')];
    await gone.subscribe();
    await gone.hears(481);
    await other.subscribe();
    await other.hears();
    const talk = await phones.talk();
    await other.shows('recipient confirmed with 101');
    await phones.hangUp(talk);
    await other.shows('recipient terminated with 101');
    t.equal(gone.phone.received.filter((one) => one.what === 'NOTIFY').length, 1);
  });
});
