/**
 * session-timers: a refresh says the session again and changes nothing of it, least of all a hold (RFC 4028 §7.4); intervals are
 * negotiated, and a phone that does not refresh any more is found.
 */
import { LEGS, otherLeg, over, overBoth, type Case, type Leg, type Story } from '../case.js';
import { expect, Skipped } from '../failed.js';
import { takesUpdate } from '../phone/manners.js';
import { tryOnce } from '../phone/modify.js';
import { header, type Sip } from '../phone/sip-text.js';
import type { Stage } from '../stage.js';
import { holdNamed } from '../ways.js';

const STATES = ['talking', 'held', 'holding', 'api-held'] as const;
type State = (typeof STATES)[number];
const METHODS = ['UPDATE', 'INVITE'] as const;

async function bring(stage: Stage, leg: Leg, state: State): Promise<void> {
  await stage.talk();
  if (state === 'held') await stage.holds(otherLeg(leg), holdNamed('sendonly'));
  if (state === 'holding') await stage.holds(leg, holdNamed('sendonly'));
  if (state === 'api-held') await stage.apiHold();
  await hearsAsBefore(stage, leg, state);
}

async function hearsAsBefore(stage: Stage, leg: Leg, state: State): Promise<void> {
  if (state === 'talking') return stage.hear({ caller: 'voice', callee: 'voice' });
  if (state === 'api-held') return stage.hear({ caller: 'music', callee: 'music' });
  const holder = state === 'holding' ? leg : otherLeg(leg);
  return stage.hear({ [holder]: 'nothing', [otherLeg(holder)]: stage.held('sendonly') });
}

const SPOKEN: Readonly<Record<State, string>> = {
  talking: 'while both talk',
  held: 'while it is held',
  holding: 'while it holds',
  'api-held': 'while the application holds',
};

const refresh = (leg: Leg, state: State, method: 'INVITE' | 'UPDATE'): Story => ({
  id: `refresh-${method === 'INVITE' ? 'reinvite' : 'update'}-${state}-${leg}`,
  title: `the ${leg} refreshes ${SPOKEN[state]} by ${method === 'INVITE' ? 'a re-INVITE with the same SDP' : 'an UPDATE without SDP'}: nothing changes`,
  rfc: '4028 §7.4',
  needs: state === 'api-held' ? 'control' : 'phones',
  complaints: ['C14'],
  run: async (stage) => {
    await bring(stage, leg, state);
    const phone = stage.phone(leg);
    if (method === 'UPDATE' && !takesUpdate(phone)) throw new Skipped('the target does not allow UPDATE');
    if (method === 'UPDATE') {
      const answer = await phone.final(phone.ask(phone.dialog, 'UPDATE'));
      expect(answer.status === 200, 'UPDATE without SDP answered 200 (RFC 3311 §5.2)', answer.line);
      expect(answer.body === '', 'no SDP where none was offered (RFC 3311 §5.2)', answer.body);
    } else {
      const answer = await tryOnce(phone, { body: phone.sdp.repeat() });
      expect(answer.status === 200, 'the refresh answered 200', answer.line);
    }
    await hearsAsBefore(stage, leg, state);
    await stage.hangUp(leg);
  },
});

const TIMER = { Supported: 'timer' };

/** @returns the interval of a 2xx; a target without session timers is not asked further: RFC 4028 is an option. */
function intervalOf(ok: Sip): number {
  const seconds = Number.parseInt(header(ok, 'session-expires'), 10);
  if (Number.isNaN(seconds)) throw new Skipped('the target has no session timers');
  return seconds;
}

const tooShort: Story = {
  id: 'timer-422',
  title: 'an interval of 60 s is refused with 422 and a Min-SE of 90 or more; with that one the call is made',
  rfc: '4028 §5, §6',
  run: async (stage) => {
    const { caller, callee } = stage;
    const { answer } = caller.invite(callee.number, caller.sdp.offer(), { ...TIMER, 'Session-Expires': '60' });
    const refusal = await answer;
    if (refusal.status === 200) {
      caller.ack(caller.dialog, refusal);
      expect(intervalOf(refusal) >= 90, 'an interval of 90 s at least (RFC 4028 §4)', header(refusal, 'session-expires'));
    }
    expect(refusal.status === 422, '422 Session Interval Too Small', refusal.line);
    const least = Number(header(refusal, 'min-se'));
    expect(least >= 90, 'a Min-SE of 90 or more', header(refusal, 'min-se') || 'none');
    const ok = await stage.talk({}, { ...TIMER, 'Session-Expires': String(least), 'Min-SE': String(least) });
    expect(intervalOf(ok) >= least, `an interval of ${least} s at least`, header(ok, 'session-expires'));
    await stage.hangUp();
  },
};

const granted = (refresher: 'uac' | 'uas'): Story => ({
  id: `timer-granted-${refresher}`,
  title: `an interval of 1800 s with refresher=${refresher} is granted: not longer, and with that refresher`,
  rfc: '4028 §9',
  run: async (stage) => {
    const ok = await stage.talk({}, { ...TIMER, 'Session-Expires': `1800;refresher=${refresher}` });
    expect(intervalOf(ok) <= 1800, 'an interval of 1800 s at most', header(ok, 'session-expires'));
    const said = /refresher=(\w+)/.exec(header(ok, 'session-expires'))?.[1];
    expect(said === refresher, `refresher=${refresher}, as was asked (RFC 4028 §9)`, `refresher=${said ?? 'none'}`);
    const requires = refresher === 'uas' || header(ok, 'require').includes('timer');
    expect(requires, 'Require: timer where the caller must refresh (RFC 4028 §9)', header(ok, 'require') || 'none');
    await stage.hangUp();
  },
});

const byTarget: Story = {
  id: 'timer-target-refreshes-held',
  title: 'the target refreshes a held session before it expires, and the hold stays as it is',
  rfc: '4028 §7.2, §10',
  complaints: ['C13', 'C14'],
  mostMs: 100_000,
  run: async (stage) => {
    stage.caller.habits = { ...TIMER, 'Session-Expires': '90;refresher=uas' };
    const ok = await stage.talk();
    const mostMs = intervalOf(ok) * 1000;
    if (mostMs > 90_000) throw new Skipped('the target took a longer interval');
    await stage.holds('caller', holdNamed('sendonly'));
    await stage.hear({ caller: 'nothing', callee: stage.held('sendonly') });
    await stage.offered('caller', stage.caller.sip.mark(), mostMs);
    await stage.hear({ caller: 'nothing', callee: stage.held('sendonly') });
    await stage.resumes('caller');
    await stage.hear({ caller: 'voice', callee: 'voice' });
    await stage.hangUp();
  },
};

const deadPhone: Story = {
  id: 'timer-dead-phone',
  title: 'the caller should refresh and does not: both legs end before the interval is over',
  rfc: '4028 §10',
  complaints: ['C22'],
  mostMs: 110_000,
  run: async (stage) => {
    stage.caller.habits = { ...TIMER, 'Session-Expires': '90;refresher=uac' };
    const ok = await stage.talk();
    const mostMs = intervalOf(ok) * 1000;
    if (mostMs > 90_000) throw new Skipped('the target took a longer interval');
    await Promise.all(LEGS.map((leg) => stage.ends(leg, mostMs + 2_000)));
  },
};

export const sessionTimers: readonly Case[] = [
  ...overBoth([
    ...LEGS.flatMap((leg) => STATES.flatMap((state) => METHODS.map((method) => refresh(leg, state, method)))),
    tooShort,
    granted('uac'),
    granted('uas'),
  ]),
  over('udp', byTarget),
  over('tcp', deadPhone),
];
