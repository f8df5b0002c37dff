/**
 * Goal: whoever still sends to a port that was his a moment ago neither takes the place of the phone that has it now nor hears what is
 * meant for it; a phone behind NAT, whose SDP names an address that nobody has, is found. Method: a real rtpengine, tones.
 */
import t from 'tap';
import { CALLEE_HERTZ, CALLER_HERTZ, startTestMedia, TONES, openPhone } from '../support/media-fixture.js';
import type { CallId } from '#core/leg.js';
import type { RtpEndpoint } from '../support/rtp-endpoint.js';

const STRANGER_HERTZ = 1600;
const ALL = [...TONES, STRANGER_HERTZ];
/** rtpengine makes up its mind about who is where three seconds after what it was told last. */
const LEARNED = 200;

for (const role of ['caller', 'callee'] as const) {
  t.test(
    `a stranger sends to the port of the ${role}, before it and on: what is meant for the phone goes to it alone`,
    async (t) => {
      const { port } = await startTestMedia(t);
      const [caller, callee, stranger] = [await openPhone(t), await openPhone(t), await openPhone(t)];
      const callId = 'learning' as CallId;
      const offered = await port.offer(callId, 'caller', caller.sdp(), { stays: true });
      const answered = await port.answer(callId, 'caller', callee.sdp(), true);
      const [aim, phone, peer]: readonly [string, RtpEndpoint, RtpEndpoint] =
        role === 'caller' ? [answered, caller, callee] : [offered, callee, caller];
      callee.obey(offered);
      caller.obey(answered);
      stranger.obey(aim);
      stranger.talk(STRANGER_HERTZ);
      peer.talk(role === 'caller' ? CALLEE_HERTZ : CALLER_HERTZ);
      await peer.next(5); // the stranger's are the only ones
      phone.talk(role === 'caller' ? CALLER_HERTZ : CALLEE_HERTZ);
      await peer.during(10);
      for (const one of [caller, callee, stranger]) one.forget();
      const atPeer = await peer.during(LEARNED);
      t.same(phone.heard.tones(...ALL), [role === 'caller' ? CALLEE_HERTZ : CALLER_HERTZ]);
      t.ok(phone.heard.count > LEARNED / 2, 'all the time');
      t.ok(atPeer.tones(...ALL).includes(role === 'caller' ? CALLER_HERTZ : CALLEE_HERTZ), 'the phone is heard');
      t.equal(stranger.heard.count, 0);
      await port.delete(callId);
    },
  );
}

for (const [how, offersAgain] of [
  ['forwarded', true],
  ['forked', false],
] as const) {
  t.test(`one behind NAT that takes the place of one that was where it said, with early sound, is found: ${how}`, async (t) => {
    const { port } = await startTestMedia(t);
    const [caller, early, later, nowhere] = [await openPhone(t), await openPhone(t), await openPhone(t), await openPhone(t)];
    const callId = how as CallId;
    const offer = (): Promise<string> => port.offer(callId, 'caller', caller.sdp(), { stays: true });
    const offered = await offer();
    caller.obey(await port.answer(callId, 'caller', early.sdp(), true));
    early.obey(offered);
    early.talk(STRANGER_HERTZ);
    caller.talk(CALLER_HERTZ);
    await caller.next(5);
    early.hush();
    later.obey(offersAgain ? await offer() : offered);
    await port.answer(callId, 'caller', nowhere.sdp());
    later.talk(CALLEE_HERTZ);
    t.same((await later.next(20)).tones(...ALL), [CALLER_HERTZ]);
    await port.delete(callId);
  });
}

t.test('a phone whose SDP names an address from which nothing comes is sent to where it sends from', async (t) => {
  const { port } = await startTestMedia(t);
  const [caller, callee, nowhere] = [await openPhone(t), await openPhone(t), await openPhone(t)];
  const callId = 'nat' as CallId;
  callee.obey(await port.offer(callId, 'caller', nowhere.sdp()));
  caller.obey(await port.answer(callId, 'caller', callee.sdp()));
  caller.talk(CALLER_HERTZ);
  callee.talk(CALLEE_HERTZ);
  t.same((await caller.next(20)).tones(...ALL), [CALLEE_HERTZ]);
  await callee.next(5);
  t.same((await callee.next(20)).tones(...ALL), [CALLER_HERTZ]);
  await port.delete(callId);
});
