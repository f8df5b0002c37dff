/**
 * three-phones: two phones in a call and a third, 103, with a tone of its own, for stories in which somebody else comes in.
 */
import type { Test } from 'tap';
import { MUSIC_HERTZ, type Options } from './holdfast.js';
import { RtpEndpoint } from './rtp-endpoint.js';
import { directionIn, SipPhone, type CallLeg, type Message } from './sip-phone.js';
import { ALICE_HERTZ, BOB_HERTZ, TwoPhones, type Phone } from './two-phones.js';

export const CAROL_HERTZ = 600;
const ANSWERS: Readonly<Record<string, string>> = { sendonly: 'recvonly', recvonly: 'sendonly', inactive: 'inactive' };

export class ThreePhones {
  readonly two: TwoPhones;
  readonly carol: Phone;

  private constructor(two: TwoPhones, carol: Phone) {
    this.two = two;
    this.carol = carol;
  }

  static async start(t: Test, options: Options = {}, overTls: Parameters<typeof TwoPhones.start>[2] = {}): Promise<ThreePhones> {
    const two = await TwoPhones.start(t, options, overTls);
    const sip = await SipPhone.open({ number: '103', server: two.holdfast.sipPort });
    const rtp = await RtpEndpoint.open();
    t.teardown(() => {
      sip.close();
      rtp.close();
    });
    await sip.register();
    return new ThreePhones(two, { sip, rtp, hertz: CAROL_HERTZ });
  }

  get everybody(): readonly Phone[] {
    return [this.two.alice, this.two.bob, this.carol];
  }

  /** Takes the next re-INVITE as a well-behaved phone does, and sends its audio where that says. @returns the direction it was told. */
  async follows(phone: Phone, expected: string): Promise<Message> {
    const reinvite = await phone.sip.receives('INVITE', (one) => /;tag=/.test(one.headers.get('to') ?? ''));
    const told = directionIn(reinvite.body);
    if (told !== expected) throw new Error(`phone ${phone.sip.number} was told ${told}, not ${expected}`);
    phone.rtp.obey(reinvite.body);
    phone.sip.respond(reinvite, 200, phone.rtp.sdp({ direction: ANSWERS[told] ?? 'sendrecv', version: 2 }));
    await phone.sip.receives('ACK', (ack) => ack.headers.get('cseq') === reinvite.headers.get('cseq')?.replace('INVITE', 'ACK'));
    return reinvite;
  }

  /** A new call rings and is answered. @returns the INVITE. */
  async answers(phone: Phone): Promise<Message> {
    const invite = await this.rings(phone);
    phone.rtp.keys?.obey(invite.body);
    phone.sip.respond(invite, 200, phone.rtp.sdp());
    this.two.speak(phone, invite.body);
    await phone.sip.receives('ACK', (ack) => ack.headers.get('call-id') === invite.headers.get('call-id'));
    return invite;
  }

  async rings(phone: Phone): Promise<Message> {
    const invite = await phone.sip.receives('INVITE', (one) => !/;tag=/.test(one.headers.get('to') ?? ''));
    phone.sip.respond(invite, 180);
    return invite;
  }

  /** A phone calls a number that answers. */
  async calls(phone: Phone, number: string): Promise<CallLeg> {
    const { leg } = await phone.sip.invite(number, phone.rtp.sdp());
    return leg;
  }

  async isAnswered(phone: Phone, leg: CallLeg): Promise<void> {
    const answer = await phone.sip.receives('200', (one) => one.headers.get('call-id') === leg.callId && one.body !== '');
    phone.sip.ack(leg, answer);
    this.two.speak(phone, answer.body);
  }

  async isHungUp(phone: Phone): Promise<Message> {
    const bye = await phone.sip.receives('BYE');
    phone.sip.respond(bye, 200);
    return bye;
  }

  async hears(phone: Phone): Promise<number[]> {
    await phone.rtp.next(10);
    return (await phone.rtp.next(20)).tones(ALICE_HERTZ, BOB_HERTZ, CAROL_HERTZ, MUSIC_HERTZ);
  }

  hush(): void {
    for (const phone of this.everybody) phone.rtp.hush();
  }
}
