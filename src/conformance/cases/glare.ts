/**
 * glare: messages that meet: holds of both sides at once, 491 and its windows, holds in the first millisecond and in the last.
 */
import { LEGS, otherLeg, overBoth, type Case, type Leg, type Story } from '../case.js';
import { expect } from '../failed.js';
import { accept, both, refuse } from '../phone/manners.js';
import { cseqOf, type Sip } from '../phone/sip-text.js';
import type { Stage } from '../stage.js';
import { holdNamed } from '../ways.js';

const sendonly = holdNamed('sendonly');
const WORDS = ['sendonly', 'inactive'] as const;

/** RFC 3261 §14.1: the side that owns the Call-ID waits 2.1 to 4 s, the other up to 2 s. A quarter second is allowed to the machine. */
const WINDOWS: Readonly<Record<Leg, readonly [leastMs: number, mostMs: number]>> = { caller: [0, 2_250], callee: [2_100, 4_250] };

const once = (leg: Leg): Story => ({
  id: `glare-491-${leg}`,
  title: `the ${leg} answers 491 to the application's hold: asked again in the window of RFC 3261 §14.1, and held`,
  rfc: '3261 §14.1',
  needs: 'control',
  complaints: ['C11', 'C12'],
  run: async (stage) => {
    await stage.talk();
    const phone = stage.phone(leg);
    let refusedMs = 0;
    let askedMs = 0;
    const now = (): number => phone.clock.now();
    phone.next(
      'INVITE',
      both(() => void (refusedMs = now()), refuse(491)),
      both(() => void (askedMs = now()), accept()),
    );
    const { id } = await stage.call();
    const held = stage.control.hold(id);
    await stage.hearAtOnce({ caller: 'no voice', callee: 'no voice' });
    await held;
    await stage.hear({ caller: 'music', callee: 'music' });
    const waitedMs = askedMs - refusedMs;
    const [leastMs, mostMs] = WINDOWS[leg];
    expect(askedMs > 0, 'a second re-INVITE after the 491', 'none');
    expect(waitedMs >= leastMs && waitedMs <= mostMs, `the second after ${leastMs} to ${mostMs} ms`, `${waitedMs} ms`);
    await stage.apiResume();
    await stage.hear({ caller: 'voice', callee: 'voice' });
    await stage.hangUp();
  },
});

const forever = (leg: Leg): Story => ({
  id: `glare-491-forever-${leg}`,
  title: `the ${leg} answers 491 to everything: the hold comes to rest as soft-held, nobody hears the other, and the call lives`,
  rfc: '3261 §14.1',
  needs: 'control',
  complaints: ['C12', 'C10'],
  mostMs: 40_000,
  run: async (stage) => {
    await stage.talk();
    stage.phone(leg).always('INVITE', refuse(491));
    await stage.apiHold();
    await stage.hear({ caller: 'music', callee: 'music' });
    let state = '';
    for (let tries = 0; tries < 60 && state !== 'soft-held'; tries++) {
      state = (await stage.call()).hold[leg].state;
      await stage.listen(10);
    }
    expect(state === 'soft-held', `the ${leg} soft-held within 12 s`, state);
    stage.phone(leg).always('INVITE', undefined);
    await stage.apiResume();
    await stage.hear({ caller: 'voice', callee: 'voice' });
    await stage.hangUp();
  },
});

const atOnce = (ways: Readonly<Record<Leg, string>>): Story => ({
  id: `glare-both-hold-${ways.caller}-${ways.callee}`,
  title: `both phones hold at the same instant, the caller with ${ways.caller}, the callee with ${ways.callee}; both are held, and both resume`,
  rfc: '3261 §14.1',
  complaints: ['C11', 'C9'],
  run: async (stage) => {
    await stage.talk();
    await Promise.all(LEGS.map((leg) => stage.holds(leg, holdNamed(ways[leg]))));
    await stage.hear({ caller: 'nothing', callee: 'nothing' });
    await Promise.all(LEGS.map((leg) => stage.resumes(leg)));
    await stage.hear({ caller: 'voice', callee: 'voice' });
    await stage.hangUp();
  },
});

/** The second hold meets what the target tells that phone of the first. */
const crossed = (first: Leg, second: (typeof WORDS)[number]): Story => ({
  id: `glare-hold-crosses-hold-${first}-first-${second}`,
  title: `the ${first} holds, the ${otherLeg(first)} in the next instant with ${second}; the ${first} resumes: the other still holds`,
  rfc: '3261 §14.1',
  complaints: ['C9', 'C11'],
  run: async (stage) => {
    const last = otherLeg(first);
    await stage.talk();
    await stage.holds(first, sendonly);
    await stage.holds(last, holdNamed(second));
    await stage.hear({ caller: 'nothing', callee: 'nothing' });
    await stage.resumes(first);
    await stage.hear({ [first]: stage.held(second), [last]: 'nothing' });
    await stage.resumes(last);
    await stage.hear({ caller: 'voice', callee: 'voice' });
    await stage.hangUp(first);
  },
});

const withApi = (legs: readonly Leg[]): Story => ({
  id: `glare-api-and-${legs.join('-and-')}`,
  title: `the application and the ${legs.join(' and the ')} hold at the same instant: nobody hears the other, and everybody can resume`,
  rfc: '3261 §14.1',
  needs: 'control',
  complaints: ['C11'],
  run: async (stage) => {
    await stage.talk();
    await stage.call();
    await Promise.all([stage.apiHold(), ...legs.map((leg) => stage.holds(leg, sendonly))]);
    await stage.hear(Object.fromEntries(legs.map((leg) => [leg, 'nothing'])));
    await stage.hear({ caller: 'no voice', callee: 'no voice' });
    await Promise.all([stage.apiResume(), ...legs.map((leg) => stage.resumes(leg))]);
    await stage.hear({ caller: 'voice', callee: 'voice' });
    await stage.hangUp();
  },
});

/** Nothing is waited for between the answer and the hold. */
const early = (leg: Leg): Story => ({
  id: `glare-hold-at-answer-${leg}`,
  title: `the ${leg} holds in the first millisecond after the ACK`,
  rfc: '3261 §13.3.1.4',
  complaints: ['C13'],
  run: async (stage) => {
    await stage.connect();
    await stage.holds(leg, sendonly);
    await stage.hear({ [leg]: 'nothing', [otherLeg(leg)]: stage.held('sendonly') });
    await stage.resumes(leg);
    await stage.hear({ caller: 'voice', callee: 'voice' });
    await stage.hangUp(leg);
  },
});

const apiAtAnswer: Story = {
  id: 'glare-api-hold-at-answer',
  title: 'the application holds in the first millisecond after the ACK',
  rfc: '3261 §13.3.1.4',
  needs: 'control',
  run: async (stage) => {
    await stage.connect();
    await stage.apiHold();
    await stage.hear({ caller: 'music', callee: 'music' });
    await stage.apiResume();
    await stage.hear({ caller: 'voice', callee: 'voice' });
    await stage.hangUp();
  },
};

const byeInside = (leg: Leg): Story => ({
  id: `glare-bye-inside-hold-${leg}`,
  title: `the ${leg} sends its hold and its BYE in one breath: the other gets its BYE, and both are answered`,
  rfc: '3261 §15.1.1',
  complaints: ['C20'],
  run: async (stage) => {
    await stage.talk();
    const phone = stage.phone(leg);
    stage.mayEnd();
    const reinvite = phone.ask(phone.dialog, 'INVITE', phone.sdp.offer({ direction: 'sendonly' }));
    const bye = phone.bye();
    await stage.ends(otherLeg(leg), 5_000);
    expect((await bye).status === 200, 'BYE answered 200', (await bye).line);
    await answeredSomehow(stage, leg, reinvite);
  },
});

/** 487 after a BYE (RFC 3261 §15.1.2), 481, or a 2xx that was under way. */
async function answeredSomehow(stage: Stage, leg: Leg, reinvite: Sip): Promise<void> {
  const phone = stage.phone(leg);
  const answer = await phone.final(reinvite);
  if (answer.status < 300) phone.ack(phone.dialog, answer);
}

const byeAgainstHold = (leg: Leg): Story => ({
  id: `glare-bye-meets-api-hold-${leg}`,
  title: `the ${leg} hangs up while the application's hold is on its way to it: both legs end`,
  rfc: '3261 §15.1.1',
  needs: 'control',
  run: async (stage) => {
    await stage.talk();
    stage.mayEnd();
    const mark = stage.phone(leg).sip.mark();
    stage.next(leg, 'INVITE', (request, phone) => {
      const bye = phone.bye();
      bye.catch(() => undefined);
      phone.respond(request, 487);
    });
    const { id } = await stage.call();
    const held = stage.control.hold(id);
    await stage.offered(leg, mark);
    await stage.ends(otherLeg(leg), 5_000);
    const { status } = await held;
    expect(status === 409 || status === 404 || status === 410, 'the hold refused, as the call is over', String(status));
  },
});

const cancelAgainst200: Story = {
  id: 'glare-cancel-meets-200',
  title: 'the caller cancels as the callee answers: whoever wins, both legs end',
  rfc: '3261 §9.1',
  run: async (stage) => {
    const { caller, callee } = stage;
    stage.mayEnd();
    const mark = callee.sip.mark();
    callee.next('INVITE', (request, phone) => {
      caller.cancel();
      accept()(request, phone);
    });
    const { dialog, answer } = caller.invite(callee.number);
    await callee.sip.next('the INVITE', (one) => one.what === 'INVITE', mark, 5_000);
    const final = await answer;
    if (final.status < 300) {
      caller.ack(dialog, final);
      await caller.bye();
    } else expect(final.status === 487, '487 for a call that was cancelled', final.line);
    const over = (one: Sip): boolean => one.what === 'BYE' || (one.what === 'CANCEL' && cseqOf(one).number > 0);
    await callee.sip.next('a BYE or CANCEL', over, mark, 5_000);
  },
};

export const glare: readonly Case[] = overBoth([
  ...LEGS.flatMap((leg) => [once(leg), forever(leg), early(leg), byeInside(leg), byeAgainstHold(leg), withApi([leg])]),
  withApi(LEGS),
  ...WORDS.flatMap((caller) => WORDS.map((callee) => atOnce({ caller, callee }))),
  ...LEGS.flatMap((leg) => WORDS.map((second) => crossed(leg, second))),
  apiAtAnswer,
  cancelAgainst200,
]);
