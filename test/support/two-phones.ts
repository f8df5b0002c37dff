/**
 * two-phones: extensions 101 and 102 as scripted phones with real RTP, registered with a Holdfast of their own, and the calls
 * between them that stories begin with.
 */
import type { Test } from 'tap';
import { Holdfast, MUSIC_HERTZ, type Options } from './holdfast.js';
import { tlsWire } from './phone-wire.js';
import { RtpEndpoint } from './rtp-endpoint.js';
import { SrtpKeys } from './srtp-keys.js';
import { readMessage, SipPhone, type CallLeg, type Message } from './sip-phone.js';

export const ALICE_HERTZ = 400;
export const BOB_HERTZ = 800;
const SETTLING = 10;
const WINDOW = 20;

/** A phone with its ear and mouth. */
export type Phone = Readonly<{ sip: SipPhone; rtp: RtpEndpoint; hertz: number }>;

export type Talk = Readonly<{ id: string; alice: CallLeg; bob: CallLeg }>;

export class TwoPhones {
  readonly holdfast: Holdfast;
  readonly alice: Phone;
  readonly bob: Phone;

  constructor(holdfast: Holdfast, alice: Phone, bob: Phone) {
    this.holdfast = holdfast;
    this.alice = alice;
    this.bob = bob;
  }

  /** @param overTls who comes over TLS, and speaks SRTP. */
  static async start(
    t: Test,
    options: Options = {},
    overTls: Partial<Record<'alice' | 'bob', boolean>> = {},
  ): Promise<TwoPhones> {
    const holdfast = await Holdfast.start(options);
    t.teardown(() => holdfast.stop());
    const phone = async (number: string, hertz: number, secure = false): Promise<Phone> => {
      const { sipPort, tlsPort } = holdfast;
      const sip = secure
        ? new SipPhone({ number, server: tlsPort }, await tlsWire(tlsPort))
        : await SipPhone.open({ number, server: sipPort });
      const rtp = await RtpEndpoint.open();
      if (secure) rtp.keys = new SrtpKeys();
      t.teardown(() => {
        sip.close();
        rtp.close();
      });
      return { sip, rtp, hertz };
    };
    const alice = await phone('101', ALICE_HERTZ, overTls.alice);
    const both = new TwoPhones(holdfast, alice, await phone('102', BOB_HERTZ, overTls.bob));
    await both.alice.sip.register();
    await both.bob.sip.register();
    return both;
  }

  /** The same house with another phone in the place of one. */
  with({ alice = this.alice, bob = this.bob }: Partial<Readonly<{ alice: Phone; bob: Phone }>>): TwoPhones {
    return new TwoPhones(this.holdfast, alice, bob);
  }

  /** Alice calls Bob, who answers; both talk. @param more header fields of her INVITE. */
  async talk(more: Readonly<Record<string, string>> = {}): Promise<Talk> {
    const { alice, bob } = this;
    const { leg } = await alice.sip.invite(bob.sip.number, alice.rtp.sdp(), more);
    const invite = await bob.sip.receives('INVITE');
    bob.sip.respond(invite, 180);
    bob.rtp.keys?.obey(invite.body);
    bob.sip.respond(invite, 200, bob.rtp.sdp());
    const answer = await alice.sip.receives(
      '200',
      (one) => one.headers.get('cseq') === '2 INVITE' && one.headers.get('call-id') === leg.callId,
    );
    alice.sip.ack(leg, answer);
    await bob.sip.receives('ACK', (one) => one.headers.get('call-id') === invite.headers.get('call-id'));
    await this.#hasRead(alice);
    this.speak(alice, answer.body);
    this.speak(bob, invite.body);
    const { body } = await this.holdfast.api<{ calls: { id: string }[] }>('GET', '/calls');
    return { id: body.calls.at(-1)?.id ?? '', alice: leg, bob: bob.sip.legOf(invite) };
  }

  /** What comes from one phone is read in its order: with the answer to this the house has had the ACK, which a program's request may overtake. */
  async #hasRead({ sip }: Phone): Promise<void> {
    const callId = readMessage(sip.request('OPTIONS', 'sip:127.0.0.1')).headers.get('call-id');
    await sip.receives('200', (one) => one.headers.get('call-id') === callId);
  }

  speak(phone: Phone, sdp: string): void {
    phone.rtp.obey(sdp);
    phone.rtp.talk(phone.hertz);
  }

  hush(): void {
    this.alice.rtp.hush();
    this.bob.rtp.hush();
  }

  /** Which tones reach a phone now; a phone that hears nothing must be asked for with `deaf`. */
  async hears(phone: Phone): Promise<number[]> {
    await phone.rtp.next(SETTLING);
    return (await phone.rtp.next(WINDOW)).tones(ALICE_HERTZ, BOB_HERTZ, MUSIC_HERTZ);
  }

  /** Answers the next re-INVITE a phone gets, and gives it. */
  async takesReinvite(phone: Phone, status: number, direction = 'recvonly'): Promise<Message> {
    const reinvite = await phone.sip.receives('INVITE');
    phone.rtp.keys?.obey(reinvite.body);
    phone.sip.respond(reinvite, status, status < 300 ? phone.rtp.sdp({ direction, version: 2 }) : '');
    await phone.sip.receives('ACK', (ack) => ack.headers.get('call-id') === reinvite.headers.get('call-id'));
    return reinvite;
  }

  /** Takes every re-INVITE as a well-behaved phone does, however many come. @returns how to end that. */
  takesAll(phone: Phone): () => void {
    let on = true;
    const next = async (): Promise<void> => {
      const reinvite = await phone.sip.receives('INVITE', () => on);
      phone.rtp.keys?.obey(reinvite.body);
      const told = /^a=(sendonly|recvonly|inactive)/m.exec(reinvite.body)?.[1];
      const direction = told === 'sendonly' ? 'recvonly' : told === 'recvonly' ? 'sendonly' : (told ?? 'sendrecv');
      phone.sip.respond(reinvite, 200, phone.rtp.sdp({ direction, version: 3 }));
      await next();
    };
    next().catch(() => undefined); // nothing more came in time, which is no news
    return () => void (on = false);
  }

  async hangUp(talk: Talk): Promise<void> {
    this.hush();
    this.alice.sip.inDialog(talk.alice, 'BYE');
    const bye = await this.bob.sip.receives('BYE');
    this.bob.sip.respond(bye, 200);
    await this.alice.sip.receives('200', (one) => /BYE/.test(one.headers.get('cseq') ?? ''));
  }
}

/** A re-INVITE of the phone: hold (`sendonly`) or resume. @returns its answer, which it obeys. */
export async function reinvites(phone: Phone, leg: CallLeg, direction: string): Promise<Message> {
  phone.sip.inDialog(leg, 'INVITE', phone.rtp.sdp({ direction, version: leg.cseq + 10 }));
  const ok = await phone.sip.receives('200', (one) => one.headers.get('cseq') === `${leg.cseq} INVITE`);
  phone.sip.ack(leg, ok);
  phone.rtp.obey(ok.body);
  return ok;
}

export type LegProof = Readonly<{
  held: boolean;
  state: string;
  direction: string;
  sound: string;
  status?: number;
  musicPackets: number;
}>;
export type Proof = Readonly<{ changed: boolean; settled: boolean; reasons: string[]; caller: LegProof; callee: LegProof }>;
