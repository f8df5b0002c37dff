/**
 * Goal: whoever still sends to a port that was his a moment ago neither takes the place of the phone that has it now nor hears what is
 * meant for it; a phone behind NAT, whose SDP names an address that nobody has, is found. Method: a real rtpengine, tones.
 */
import t from 'tap';
import { CALLEE_HERTZ, CALLER_HERTZ, startTestMedia, TONES, openPhone } from '../support/media-fixture.js';
import type { CallId } from '#core/leg.js';

const STRANGER_HERTZ = 1600;
const ALL = [...TONES, STRANGER_HERTZ];

t.test('a stranger sends before the phone and on: each of the two hears the other alone', async (t) => {
  const { port } = await startTestMedia(t);
  const [caller, callee, stranger] = [await openPhone(t), await openPhone(t), await openPhone(t)];
  const callId = 'learning' as CallId;
  const offered = await port.offer(callId, 'caller', caller.sdp());
  callee.obey(offered);
  const answered = await port.answer(callId, 'caller', callee.sdp());
  stranger.obey(answered);
  stranger.talk(STRANGER_HERTZ);
  callee.talk(CALLEE_HERTZ);
  await callee.next(5);
  caller.obey(answered);
  caller.talk(CALLER_HERTZ);
  await callee.during(10);
  for (const phone of [caller, callee, stranger]) phone.forget();
  const [atCaller, atCallee] = await Promise.all([caller.next(20), callee.during(40)]);
  t.same(atCaller.tones(...ALL), [CALLEE_HERTZ]);
  t.ok(atCallee.tones(...ALL).includes(CALLER_HERTZ), 'the phone is heard');
  t.equal(stranger.heard.count, 0, 'what is meant for the phone goes to it');
  await port.delete(callId);
});

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
