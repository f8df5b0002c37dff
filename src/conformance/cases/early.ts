/**
 * early: before the answer: early media is no hold, a call that rings is not held, and an UPDATE in a reliable early dialog is
 * answered as it should be (RFC 3262, RFC 3311).
 */
import { overBoth, type Case, type Story } from '../case.js';
import { expect, Skipped } from '../failed.js';
import { answerCall, both, progress, refuse, ring, takesUpdate, type Manner } from '../phone/manners.js';
import { modify } from '../phone/modify.js';
import { mayAnswer, readSdp } from '../phone/sdp-reader.js';
import { cseqOf, header, type Sip } from '../phone/sip-text.js';
import type { Stage } from '../stage.js';

/** The callee does this to the INVITE and answers when the story says so. */
async function ringing(stage: Stage, first: Manner, more: Readonly<Record<string, string>> = {}) {
  const { caller, callee } = stage;
  caller.sound.talk();
  callee.sound.talk();
  const mark = callee.sip.mark();
  callee.next('INVITE', first);
  const call = caller.invite(callee.number, caller.sdp.offer(), more);
  const invite = await callee.sip.next('the INVITE', (one) => one.what === 'INVITE', mark, 5_000);
  return { ...call, invite };
}

const alerted = (stage: Stage, fits: (one: Sip) => boolean = () => true): Promise<Sip> =>
  stage.caller.sip.next('a 180 or 183', (one) => one.status > 100 && one.status < 200 && fits(one), 0, 5_000);

const apiHold: Story = {
  id: 'early-api-hold',
  title: 'the application asks for a hold while the callee rings: refused with 409 and the state, and the call goes on',
  rfc: '3261 §13.2.2',
  needs: 'control',
  run: async (stage) => {
    const { dialog, answer, invite } = await ringing(stage, ring());
    await alerted(stage);
    const { id } = await stage.call();
    const { status, body } = await stage.control.hold(id);
    expect(status === 409, '409', String(status));
    expect(JSON.stringify(body).includes('ringing'), 'a word of the state, ringing', JSON.stringify(body));
    answerCall(invite, stage.callee);
    stage.caller.ack(dialog, await answer);
    await stage.hear({ caller: 'voice', callee: 'voice' });
    await stage.hangUp();
  },
};

const sendonly183: Story = {
  id: 'early-media-sendonly',
  title: 'early media with sendonly in the 183 is no hold: no music over it',
  rfc: '3960 §3',
  complaints: ['C5'],
  run: async (stage) => {
    const { dialog, answer, invite } = await ringing(stage, progress('sendonly'));
    const early = await alerted(stage);
    if (early.body !== '') stage.caller.obey(early.body);
    await stage.hear({ caller: 'no music', callee: 'no music' });
    // The answer in the 200 is the one of the 183 (RFC 3261 §13.2.1).
    stage.callee.respond(invite, 200, stage.callee.sdp.repeat());
    stage.caller.ack(dialog, await answer);
    await modify(stage.callee);
    await stage.hear({ caller: 'voice', callee: 'voice' });
    await stage.hangUp();
  },
};

const media: Story = {
  id: 'early-media',
  title: 'early media of the callee reaches the caller and goes on after the answer',
  rfc: '3960 §3.1',
  run: async (stage) => {
    const { dialog, answer, invite } = await ringing(stage, progress('sendrecv'));
    const early = await alerted(stage, (one) => one.body !== '');
    stage.caller.obey(early.body);
    await stage.hear({ caller: 'voice' });
    stage.callee.respond(invite, 200, stage.callee.sdp.repeat());
    stage.caller.ack(dialog, await answer);
    await stage.hear({ caller: 'voice', callee: 'voice' });
    await stage.hangUp();
  },
};

const cancelled: Story = {
  id: 'early-cancel',
  title: 'the caller gives up while the callee rings: 487 to the caller, CANCEL to the callee',
  rfc: '3261 §9',
  run: async (stage) => {
    const { answer } = await ringing(stage, ring());
    await alerted(stage);
    const mark = stage.callee.sip.mark();
    stage.caller.cancel();
    expect((await answer).status === 487, '487 Request Terminated', (await answer).line);
    await stage.callee.sip.next('a CANCEL', (one) => one.what === 'CANCEL', mark, 5_000);
  },
};

const refused = (status: number): Story => ({
  id: `early-refused-${status}`,
  title: `the callee refuses with ${status}: the caller is refused`,
  rfc: '3261 §8.1.3',
  complaints: ['C24'],
  run: async (stage) => {
    const { answer } = await ringing(stage, both(ring(), refuse(status)));
    expect((await answer).status >= 400, 'a refusal', (await answer).line);
  },
});

/** RFC 3262: 100rel in both directions, and then the session may be changed before the answer. */
const update: Story = {
  id: 'early-update',
  title: 'the caller holds by UPDATE in a reliable early dialog: answered as RFC 3264 has it, and held when the callee answers',
  rfc: '3311 §5.1',
  run: async (stage) => {
    const { caller, callee } = stage;
    const reliably: Manner = (request, phone) => {
      const takes = header(request, 'supported').includes('100rel') || header(request, 'require').includes('100rel');
      progress('sendrecv', takes ? { Require: '100rel', RSeq: '1' } : {})(request, phone);
    };
    const { dialog, answer, invite } = await ringing(stage, reliably, { Supported: '100rel' });
    const early = await alerted(stage, (one) => one.body !== '');
    if (!header(early, 'require').includes('100rel')) throw new Skipped('the target sends no reliable 183');
    dialog.learn(early);
    caller.obey(early.body);
    const rack = `${header(early, 'rseq')} ${cseqOf(early).number} INVITE`;
    const pracked = await caller.final(caller.ask(dialog, 'PRACK', '', { RAck: rack }));
    expect(pracked.status === 200, 'PRACK answered 200 (RFC 3262 §3)', pracked.line);
    if (!takesUpdate(caller)) throw new Skipped('the target does not allow UPDATE');
    caller.sdp.wish = 'sendonly';
    const updated = await caller.final(caller.ask(dialog, 'UPDATE', caller.sdp.offer()));
    expect(updated.status === 200, 'UPDATE answered 200 (RFC 3311 §5.2)', updated.line);
    const said = readSdp(updated.body).media[0]?.direction ?? 'inactive';
    expect(mayAnswer('sendonly', said), 'recvonly or inactive (RFC 3264 §6.1)', said);
    answerCall(invite, callee);
    caller.ack(dialog, await answer);
    await stage.hear({ caller: 'nothing', callee: stage.held('sendonly') });
    await stage.resumes('caller');
    await stage.hear({ caller: 'voice', callee: 'voice' });
    await stage.hangUp();
  },
};

export const early: readonly Case[] = overBoth([apiHold, sendonly183, media, cancelled, refused(486), refused(603), update]);
