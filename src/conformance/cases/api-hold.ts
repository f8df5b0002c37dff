/**
 * api-hold: the application holds and resumes. From the moment it has its answer nobody hears the other, whatever the phones do, and
 * what it is told is true.
 */
import { LEGS, otherLeg, overBoth, type Case, type Leg, type Story } from '../case.js';
import { expect } from '../failed.js';
import { accept, later } from '../phone/manners.js';
import { readSdp } from '../phone/sdp-reader.js';
import type { Stage } from '../stage.js';

const offeredTo = async (stage: Stage, leg: Leg, mark: number): Promise<string> =>
  readSdp((await stage.offered(leg, mark)).body).media[0]?.direction ?? 'none';

const both: Story = {
  id: 'api-hold',
  title: 'the application holds both: each is offered sendonly and hears music; resumed, each hears the other',
  rfc: '3264 §8.4',
  needs: 'control',
  complaints: ['C1', 'C2', 'C3', 'C7'],
  run: async (stage) => {
    await stage.talk();
    const marks = { caller: stage.caller.sip.mark(), callee: stage.callee.sip.mark() };
    const proof = await stage.apiHold();
    await stage.hearAtOnce({ caller: 'no voice', callee: 'no voice' });
    for (const leg of LEGS) {
      const said = await offeredTo(stage, leg, marks[leg]);
      expect(said === 'sendonly', `the ${leg} offered sendonly`, said);
      expect(proof[leg].held && proof[leg].state === 'agreed', `proof that the ${leg} is held`, JSON.stringify(proof[leg]));
    }
    await stage.hear({ caller: 'music', callee: 'music' });
    const resumed = await stage.apiResume();
    expect(resumed.reasons.length === 0, 'nobody holds any more', resumed.reasons.join(', '));
    await stage.hear({ caller: 'voice', callee: 'voice' });
    await stage.hangUp();
  },
};

const silence: Story = {
  id: 'api-hold-silent',
  title: 'the application holds without music: each is offered inactive and nothing reaches anybody',
  rfc: '3264 §8.4',
  needs: 'control',
  run: async (stage) => {
    await stage.talk();
    const marks = { caller: stage.caller.sip.mark(), callee: stage.callee.sip.mark() };
    await stage.apiHold({ music: false });
    for (const leg of LEGS) {
      const said = await offeredTo(stage, leg, marks[leg]);
      expect(said === 'inactive', `the ${leg} offered inactive`, said);
    }
    await stage.hear({ caller: 'nothing', callee: 'nothing' });
    await stage.apiResume();
    await stage.hear({ caller: 'voice', callee: 'voice' });
    await stage.hangUp();
  },
};

const again: Story = {
  id: 'api-hold-twice',
  title: 'the same hold again changes nothing, says so and disturbs no phone; so does the same resume',
  rfc: '3264 §8',
  needs: 'control',
  run: async (stage) => {
    await stage.talk();
    for (const ask of [() => stage.apiHold(), () => stage.apiResume()]) {
      await ask();
      await stage.listen(2); // the answer to the program may overtake the ACK to a phone
      const marks = [stage.caller.sip.mark(), stage.callee.sip.mark()];
      const { changed } = await ask();
      expect(!changed, 'changed: false', 'changed: true');
      await stage.listen(5);
      const told = [stage.caller, stage.callee]
        .flatMap((phone, index) => phone.sip.since(marks[index] ?? 0))
        .map(({ line }) => line);
      expect(told.length === 0, 'no message to any phone', told.join(' | '));
    }
    await stage.hangUp();
  },
};

const rounds: Story = {
  id: 'api-hold-rounds',
  title: 'held and resumed five times in a row: music and voices each time',
  rfc: '3264 §8',
  needs: 'control',
  complaints: ['C7', 'C20'],
  run: async (stage) => {
    await stage.talk();
    for (let round = 0; round < 5; round++) {
      await stage.apiHold();
      await stage.hear({ caller: 'music', callee: 'music' });
      await stage.apiResume();
      await stage.hear({ caller: 'voice', callee: 'voice' });
    }
    await stage.hangUp();
  },
};

const byParty = (leg: Leg): Story => ({
  id: `api-hold-for-${leg}`,
  title: `the application holds in the name of the ${leg}: the other hears music, the ${leg} not the other; only its resume ends it`,
  rfc: '3264 §8.4',
  needs: 'control',
  complaints: ['C2', 'C3'],
  run: async (stage) => {
    await stage.talk();
    const proof = await stage.apiHold({ holder: leg });
    expect(proof.reasons.join() === `${leg}-api`, `the ${leg} named as holder`, proof.reasons.join());
    await stage.hearAtOnce({ caller: 'no voice', callee: 'no voice' });
    await stage.hear({ [otherLeg(leg)]: 'music' });
    await stage.apiResume('controller');
    await stage.hear({ [leg]: 'no voice', [otherLeg(leg)]: 'music' });
    await stage.apiResume(leg);
    await stage.hear({ caller: 'voice', callee: 'voice' });
    await stage.hangUp(leg);
  },
});

const slow = (leg: Leg): Story => ({
  id: `api-hold-slow-${leg}`,
  title: `the ${leg} answers the hold two seconds late: nobody hears the other meanwhile, and the state is true before and after`,
  rfc: '3261 §14.1',
  needs: 'control',
  complaints: ['C10'],
  run: async (stage) => {
    await stage.talk();
    stage.next(leg, 'INVITE', later(2_000, accept()));
    const { id } = await stage.call();
    const mark = stage.phone(leg).sip.mark();
    const answer = stage.control.hold(id);
    const offer = await stage.offered(leg, mark);
    await stage.hearAtOnce({ caller: 'no voice', callee: 'no voice' });
    const before = (await stage.call()).hold[leg].state;
    expect(before === 'pending', `the ${leg} shown as pending until it answers`, before);
    expect((await answer).status === 200, 'the hold answered 200', String((await answer).status));
    await stage.acknowledged(leg, offer);
    await stage.hear({ caller: 'music', callee: 'music' });
    await stage.apiResume();
    await stage.hear({ caller: 'voice', callee: 'voice' });
    await stage.hangUp();
  },
});

export const apiHold: readonly Case[] = overBoth([both, silence, again, rounds, ...LEGS.map(byParty), ...LEGS.map(slow)]);
