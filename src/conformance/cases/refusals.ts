/**
 * refusals: phones that refuse a hold. A refusal changes nothing of the session (RFC 3261 §14.1) and nothing of the wish: who was to be
 * cut off is cut off, the music plays, the application is told the truth, and resume works.
 */
import { LEGS, otherLeg, over, overBoth, type Case, type Leg, type Story } from '../case.js';
import { expect } from '../failed.js';
import { ignore, refuse } from '../phone/manners.js';
import type { Stage } from '../stage.js';
import { holdNamed } from '../ways.js';

/** RFC 5057 §5.1: these end the transaction, and neither the dialog nor its usage. */
const HARMLESS = [415, 488, 500, 503, 603, 606] as const;
/** RFC 3261 §12.2.1.2: these end the dialog. */
const DEADLY = [408, 481] as const;

type Who = Leg | 'both';
const refusers = (who: Who): readonly Leg[] => (who === 'both' ? LEGS : [who]);

const softHeld = (status: number, who: Who): Story => ({
  id: `refused-${status}-${who}`,
  title: `the application holds, and ${who === 'both' ? 'both phones refuse' : `the ${who} refuses`} with ${status}: soft-held, cut off, with music; resume works`,
  rfc: '3261 §14.1',
  needs: 'control',
  complaints: ['C10', 'C15', 'C1'],
  run: async (stage) => {
    await stage.talk();
    for (const leg of refusers(who)) stage.phone(leg).always('INVITE', refuse(status));
    const proof = await stage.apiHold();
    await stage.hearAtOnce({ caller: 'no voice', callee: 'no voice' });
    await stage.hear({ caller: 'music', callee: 'music' });
    for (const leg of refusers(who)) await isSoftHeld(stage, leg, status);
    expect(proof.reasons.includes('controller'), 'the application as the holder', proof.reasons.join(', '));
    for (const leg of refusers(who)) stage.phone(leg).always('INVITE', undefined);
    await stage.apiResume();
    await stage.hear({ caller: 'voice', callee: 'voice' });
    await stage.hangUp();
  },
});

async function isSoftHeld(stage: Stage, leg: Leg, status: number): Promise<void> {
  const facts = (await stage.call()).hold[leg];
  expect(facts.state === 'soft-held', `the ${leg} shown as soft-held, never as agreed`, facts.state);
  expect(facts.status === status, `the status ${status} of the ${leg} in the state`, String(facts.status));
}

const phoneHold = (status: number, leg: Leg): Story => ({
  id: `refused-${status}-by-held-${otherLeg(leg)}`,
  title: `the ${leg} holds, and the ${otherLeg(leg)} refuses with ${status} what it is told: the holder is not disturbed and the call goes on`,
  rfc: '3261 §14.1',
  complaints: ['C15'],
  run: async (stage) => {
    const held = otherLeg(leg);
    await stage.talk();
    for (const method of ['INVITE', 'UPDATE']) stage.phone(held).always(method, refuse(status));
    await stage.holds(leg, holdNamed('sendonly'));
    await stage.hear({ [leg]: 'nothing', [held]: stage.held('sendonly') });
    for (const method of ['INVITE', 'UPDATE']) stage.phone(held).always(method, undefined);
    await stage.resumes(leg);
    await stage.hear({ caller: 'voice', callee: 'voice' });
    await stage.hangUp(leg);
  },
});

const deadly = (status: number, leg: Leg): Story => ({
  id: `gone-${status}-${leg}`,
  title: `the application holds, and the ${leg} answers ${status}: its dialog is over, and the call with it`,
  rfc: '3261 §12.2.1.2',
  needs: 'control',
  complaints: ['C10'],
  run: async (stage) => {
    await stage.talk();
    stage.phone(leg).always('INVITE', refuse(status));
    const { id } = await stage.call();
    const other = stage.ends(otherLeg(leg), 8_000);
    const held = stage.control.hold(id);
    await other;
    const { status: answered, body } = await held;
    const claims = answered === 200 && body.settled && body[leg].state === 'agreed';
    expect(!claims, 'no claim that a phone that is gone has agreed', JSON.stringify(body));
  },
});

/** Timer B and F (RFC 3261 §17.1.1.2): 32 s. */
const silent = (leg: Leg): Story => ({
  id: `silent-${leg}`,
  title: `the application holds, and the ${leg} never answers: nobody hears the other meanwhile, and the call ends when the transaction does`,
  rfc: '3261 §14.1',
  needs: 'control',
  complaints: ['C10'],
  mostMs: 60_000,
  run: async (stage) => {
    await stage.talk();
    stage.phone(leg).always('INVITE', ignore);
    const proof = await stage.apiHold();
    expect(proof[leg].state !== 'agreed', 'no claim that a silent phone has agreed', proof[leg].state);
    await stage.hearAtOnce({ caller: 'no voice', callee: 'no voice' });
    await stage.ends(otherLeg(leg), 45_000);
  },
});

export const refusals: readonly Case[] = [
  over('udp', silent('caller')),
  over('tcp', silent('callee')),
  ...overBoth([
    ...HARMLESS.flatMap((status) => [...LEGS, 'both' as const].map((who) => softHeld(status, who))),
    ...HARMLESS.flatMap((status) => LEGS.map((leg) => phoneHold(status, leg))),
    ...DEADLY.flatMap((status) => LEGS.map((leg) => deadly(status, leg))),
  ]),
];
