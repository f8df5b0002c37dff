/**
 * two-baresips: extensions 101 and 102 as real phones, registered with a Holdfast of their own, and everything that reaches them on the
 * wire. What they do is baresip.ts, how it is captured rtp-tap.ts.
 */
import type { Test } from 'tap';
import { Baresip, type BaresipOptions } from './baresip.js';
import type { Heard } from './heard.js';
import { Holdfast, MUSIC_HERTZ, type Options } from './holdfast.js';
import { RtpTap } from './rtp-tap.js';
import { ALICE_HERTZ, BOB_HERTZ } from './two-phones.js';

export const WINDOW = 25; // half a second of packets
/** Packets that may still be on their way when an answer arrives: the jitter of a busy machine, not of the hold. */
export const SETTLING = 15;

export const tones = (heard: Heard): number[] => heard.tones(ALICE_HERTZ, BOB_HERTZ, MUSIC_HERTZ);

type More = Pick<BaresipOptions, 'transport' | 'srtp'>;

export class TwoBaresips {
  readonly holdfast: Holdfast;
  readonly alice: Baresip;
  readonly bob: Baresip;
  readonly tap: RtpTap;

  private constructor(holdfast: Holdfast, alice: Baresip, bob: Baresip, tap: RtpTap) {
    this.holdfast = holdfast;
    this.alice = alice;
    this.bob = bob;
    this.tap = tap;
  }

  /** Both are registered, and end with the test. */
  static async start(t: Test, options: Options = {}, more: { alice?: More; bob?: More } = {}): Promise<TwoBaresips> {
    const closers: (() => unknown)[] = [];
    t.teardown(async () => {
      for (const close of closers.reverse()) await close();
    });
    const holdfast = await Holdfast.start(options);
    closers.push(() => holdfast.stop());
    const phone = async (number: string, toneHertz: number, how: More = {}): Promise<Baresip> => {
      const port = how.transport === 'tls' ? holdfast.tlsPort : holdfast.sipPort;
      const baresip = await Baresip.start({ number, registrar: `127.0.0.1:${port}`, toneHertz, ...how });
      closers.push(() => baresip.stop());
      return baresip;
    };
    const alice = await phone('101', ALICE_HERTZ, more.alice);
    const bob = await phone('102', BOB_HERTZ, more.bob);
    const tap = await RtpTap.open([alice.rtpPorts, bob.rtpPorts]);
    closers.push(() => tap.stop());
    await Promise.all([alice.registered(), bob.registered()]);
    return new TwoBaresips(holdfast, alice, bob, tap);
  }

  /** What each hears now. */
  async hear(): Promise<{ alice: number[]; bob: number[] }> {
    const { alice, bob, tap } = this;
    await Promise.all([tap.next(alice.rtpPorts, SETTLING), tap.next(bob.rtpPorts, SETTLING)]);
    const [atAlice, atBob] = await Promise.all([tap.next(alice.rtpPorts, WINDOW), tap.next(bob.rtpPorts, WINDOW)]);
    return { alice: tones(atAlice), bob: tones(atBob) };
  }
}
