/**
 * Goal: what an ear hears is what its party says, whatever it speaks and whatever becomes of its codec. Method: a real rtpengine; what came is
 * laid on a track, as a recording does it.
 */
import t, { type Test } from 'tap';
import type { CallId } from '#core/leg.js';
import { RealClock } from '#kit/clock.js';
import { createLogger } from '#kit/log.js';
import { newCallId } from '#kit/ids.js';
import { Ear } from '#recordings/ear.js';
import { interleave, wavHead } from '#recordings/wav.js';
import { Track } from '#recordings/track.js';
import { G722Phone } from '../support/g722-phone.js';
import { CALLEE_HERTZ, CALLER_HERTZ, startTestMedia, talkingPhones, type TestMedia } from '../support/media-fixture.js';
import { Recorded } from '../support/recorded.js';

const LOUD = 3000;
const clock = new RealClock();
const log = createLogger('silent');

/** One party of a call, as a mono file would have it, in the left channel. */
class Listener {
  readonly #track = new Track(clock.now());
  readonly #startMs = clock.now();
  packets = 0;
  ear: Ear | undefined;

  async listen(t: Test, media: TestMedia, callId: CallId): Promise<void> {
    const deps = { taps: media.taps, address: '127.0.0.1', clock, log };
    const ear = await Ear.open({ callId, role: 'caller' }, deps, (ssrc, timestamp, samples) => {
      this.packets++;
      this.#track.place(ssrc, timestamp, samples, clock.now());
    });
    t.teardown(() => ear.close());
    this.ear = ear;
  }

  /** Everything since the last time. */
  take(): Recorded {
    const samples = new Int16Array(Math.max(0, (clock.now() - this.#startMs) * 8 - this.#track.taken));
    this.#track.take(samples);
    const sound = interleave(samples, samples);
    return new Recorded(Buffer.concat([wavHead(sound.length), sound]));
  }
}

t.test('a party that speaks G.722 is heard, and after it has pressed a key as well', async (t) => {
  const media = await startTestMedia(t);
  const callId = newCallId() as CallId;
  const phones = await Promise.all([G722Phone.open(CALLER_HERTZ), G722Phone.open(CALLEE_HERTZ)]);
  t.teardown(() => phones.forEach((phone) => phone.close()));
  const [caller, callee] = phones;
  callee.talk(await media.port.offer(callId, 'caller', caller.sdp()));
  caller.talk(await media.port.answer(callId, 'caller', callee.sdp()));
  await caller.during(10);
  const listener = new Listener();
  await listener.listen(t, media, callId);
  await caller.during(30);
  const before = listener.take();
  t.ok(before.tone('left', CALLER_HERTZ, before.seconds - 0.4, before.seconds - 0.1) > LOUD);
  t.ok(before.tone('left', CALLEE_HERTZ, before.seconds - 0.4, before.seconds - 0.1) < LOUD / 20);
  caller.press(5);
  // rtpengine is silent from here on; a recording looks after its ears twice a second.
  for (let half = 0; half < 4; half++) {
    await caller.during(25);
    listener.ear?.check();
  }
  listener.take();
  await caller.during(40);
  const after = listener.take();
  t.ok(after.tone('left', CALLER_HERTZ, after.seconds - 0.4, after.seconds - 0.1) > LOUD, 'it was tapped anew');
});

t.test('a tap lives through offers, and what comes from elsewhere is not heard', async (t) => {
  const media = await startTestMedia(t);
  const { callId, caller, callee } = await talkingPhones(t, media);
  const listener = new Listener();
  await listener.listen(t, media, callId);
  await caller.during(15);
  t.ok(listener.packets > 5);
  await media.port.offer(callId, 'callee', callee.sdp({ payloadTypes: [8, 101], version: 2 }));
  await media.port.answer(callId, 'callee', caller.sdp({ payloadTypes: [8, 101], version: 2 }));
  caller.obey(caller.sdp({ payloadTypes: [8] }).replace(/m=audio \d+/, `m=audio ${caller.target?.port ?? 0}`));
  listener.take();
  await caller.during(30);
  const now = listener.take();
  t.ok(now.tone('left', CALLER_HERTZ, now.seconds - 0.4, now.seconds - 0.1) > LOUD, 'A-law is taken as it comes');
  await media.port.gate(callId);
  await caller.during(5);
  const held = listener.packets;
  await caller.during(20);
  t.equal(listener.packets, held, 'what is held is not heard');
  await media.port.ungate(callId);
  await caller.during(15);
  t.ok(listener.packets > held);
  await media.port.delete(callId);
  await listener.ear?.close();
  await listener.ear?.close();
  t.pass('closing twice, and after the call, is closing once');
});

t.test('a party whose call begins anew in rtpengine, with other ports, is heard again', async (t) => {
  const media = await startTestMedia(t);
  const { callId, caller, callee } = await talkingPhones(t, media);
  const listener = new Listener();
  await listener.listen(t, media, callId);
  await caller.during(15);
  t.ok(listener.packets > 5);
  await media.port.delete(callId);
  callee.obey(await media.port.offer(callId, 'caller', caller.sdp({ version: 2 })));
  caller.obey(await media.port.answer(callId, 'caller', callee.sdp({ version: 2 })));
  listener.packets = 0;
  for (let half = 0; half < 40 && listener.packets === 0; half++) {
    await caller.during(25);
    listener.ear?.check();
  }
  t.ok(listener.packets > 0, 'it was tapped anew');
});
