/**
 * Goal: SRTP with keys in the SDP (RFC 4568) through every kind of hold, on one leg or on both.
 * Method: a real rtpengine; phones that encrypt by themselves and hear only what they can decrypt.
 */
import t from 'tap';
import { startTestMedia } from '../support/media-fixture.js';
import { HELD, keyIn, keyLines, SrtpCall, TALKING } from '../support/srtp-call.js';

const LEGS = [
  { caller: true, callee: false },
  { caller: false, callee: true },
  { caller: true, callee: true },
] as const;
const nameOf = ({ caller, callee }: (typeof LEGS)[number]): string =>
  caller && callee ? 'on both legs' : `on the leg of the ${caller ? 'caller' : 'callee'}`;

t.test('a call through a real rtpengine with SRTP', async (t) => {
  const media = await startTestMedia(t);

  for (const srtp of LEGS) {
    await t.test(`${nameOf(srtp)}: talk, hold with music, resume, and no key changes`, async (t) => {
      const call = await SrtpCall.talking(t, media, srtp);
      const first = { ...call.told };
      t.same(await call.heard(), TALKING);
      for (const round of [1, 2]) {
        await call.hold();
        t.same(await call.heard(), HELD, `held, round ${round}`);
        await call.resume();
        t.same(await call.heard(), TALKING, `resumed, round ${round}`);
      }
      for (const role of ['caller', 'callee'] as const) {
        t.equal(keyLines(call.told[role]).length, srtp[role] ? 1 : 0, `one key for the ${role}, where it speaks SRTP`);
        t.equal(/RTP\/SAVP /.test(call.told[role]), srtp[role]);
        if (srtp[role]) t.ok(first[role].includes(keyIn(call.told[role])), 'it is the one of the first word');
      }
    });
  }

  for (const srtp of LEGS) {
    await t.test(`${nameOf(srtp)}: the sequence number wraps, is held, wraps again, and everybody goes on hearing`, async (t) => {
      const call = await SrtpCall.talking(t, media, srtp);
      const { caller, callee } = call.phones;
      for (const round of [1, 2]) {
        for (const phone of [caller, callee]) {
          phone.skip(20_000);
          await phone.during(3);
          phone.skip(20_000);
          await phone.during(3);
          phone.skip(20_000);
          await phone.during(3);
          phone.skip(5_400);
          await phone.during(3);
        }
        t.same(await call.heard(), TALKING, `a round of 65536 packets later, ${round}`);
        await call.hold();
        t.same(await call.heard(), HELD, `held ${round}`);
        await call.resume();
        t.same(await call.heard(), TALKING, `resumed ${round}`);
      }
      t.equal((caller.keys?.refused ?? 0) + (callee.keys?.refused ?? 0), 0, 'nothing came that could not be proven');
    });

    await t.test(
      `${nameOf(srtp)}: a phone that holds with a new key, and resumes with another, is heard (RFC 4568 7.1.4)`,
      async (t) => {
        const call = await SrtpCall.talking(t, media, srtp);
        for (const role of ['caller', 'callee'] as const) {
          const { keys } = call.phones[role];
          if (keys === undefined) continue;
          keys.renew();
          await media.port.gate(call.id);
          await call.phoneOffers(role, 'sendonly', 'recvonly');
          t.equal(keyLines(call.told[role]).length, 1, 'an answer has one key');
          keys.renew();
          await call.phoneOffers(role, 'sendrecv', 'sendrecv');
          await media.port.ungate(call.id);
          t.same(await call.heard(), TALKING);
        }
      },
    );
  }

  for (const srtp of LEGS) {
    await t.test(`${nameOf(srtp)}: what is in force is said again, or to an rtpengine that has forgotten it`, async (t) => {
      const call = await SrtpCall.talking(t, media, srtp);
      const first = { ...call.told };
      await call.session.sayAgain();
      t.same(await call.heard(), TALKING, 'said again: nobody is told, and nothing changes');
      await media.port.delete(call.id);
      await call.session.anchorAgain();
      await Promise.all([call.reinvite('caller', 'sendrecv'), call.reinvite('callee', 'sendrecv')]);
      t.same(await call.heard(), TALKING, 'anchored again');
      for (const role of ['caller', 'callee'] as const) {
        t.equal(keyLines(call.told[role]).length, srtp[role] ? 1 : 0);
        if (srtp[role] && !(srtp.caller && srtp.callee)) t.notOk(first[role].includes(keyIn(call.told[role])), 'with a new key');
      }
    });
  }
});
