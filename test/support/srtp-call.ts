/**
 * srtp-call: two phones of tests in a call whose words go through the product's own MediaSession and a real rtpengine; either may speak
 * SRTP. What a hold does in SIP is done here by hand.
 */
import { MediaSession } from '#calls/media-session.js';
import type { Direction } from '#core/direction.js';
import type { CallId, LegRole } from '#core/leg.js';
import { newCallId } from '#kit/ids.js';
import { CALLEE_HERTZ, CALLER_HERTZ, MUSIC_HERTZ, openPhone, TONES, type TestMedia } from './media-fixture.js';
import type { RtpEndpoint } from './rtp-endpoint.js';
import { SrtpKeys } from './srtp-keys.js';

type Teardown = { teardown: (fn: () => void | Promise<void>) => void };
export type WhoSpeaksSrtp = Readonly<{ caller: boolean; callee: boolean }>;

const HEARD = 15;

export class SrtpCall {
  readonly id = newCallId() as CallId;
  readonly phones: Readonly<Record<LegRole, RtpEndpoint>>;
  readonly session: MediaSession;
  readonly #media: TestMedia;
  /** What each phone was told last. */
  readonly told: Record<LegRole, string> = { caller: '', callee: '' };
  #version = 1;

  private constructor(media: TestMedia, phones: Readonly<Record<LegRole, RtpEndpoint>>, srtp: WhoSpeaksSrtp) {
    this.#media = media;
    this.phones = phones;
    const modes = { caller: 'sendonly', callee: 'sendonly' } as const;
    this.session = new MediaSession(this.id, media.port, () => modes, { caller: false, callee: false }, {}, srtp);
  }

  static async talking(t: Teardown, media: TestMedia, srtp: WhoSpeaksSrtp): Promise<SrtpCall> {
    const phones = { caller: await openPhone(t), callee: await openPhone(t) };
    for (const role of ['caller', 'callee'] as const) if (srtp[role]) phones[role].keys = new SrtpKeys();
    const call = new SrtpCall(media, phones, srtp);
    await call.#setUp();
    phones.caller.talk(CALLER_HERTZ);
    phones.callee.talk(CALLEE_HERTZ);
    await Promise.all([phones.caller.next(3), phones.callee.next(3)]);
    return call;
  }

  async #setUp(): Promise<void> {
    const { session, phones } = this;
    session.hear('caller', phones.caller.sdp());
    this.tells('callee', (await session.offerFor('callee', 'from-peer')) ?? '');
    session.hear('callee', phones.callee.sdp());
    this.tells('caller', await session.answerForCaller('sendrecv'));
  }

  tells(role: LegRole, sdp: string): string {
    this.told[role] = sdp;
    this.phones[role].obey(sdp);
    return sdp;
  }

  /** Our re-INVITE and the phone's 200. @returns what we said. */
  async reinvite(role: LegRole, direction: Direction, answered: Direction = 'sendrecv'): Promise<string> {
    const sdp = this.tells(role, this.session.reoffer(role, direction));
    this.session.hear(role, this.phones[role].sdp({ direction: answered, version: ++this.#version }));
    const { peerStale } = await this.session.applyReanswer(role);
    if (peerStale) await this.reinvite(role === 'caller' ? 'callee' : 'caller', 'sendrecv');
    return sdp;
  }

  /** The phone's re-INVITE and our 200. @returns whether the other phone had to be told. */
  async phoneOffers(role: LegRole, direction: Direction, answered: Direction, sdp?: string): Promise<boolean> {
    this.session.hear(role, sdp ?? this.phones[role].sdp({ direction, version: ++this.#version }));
    const { sdp: answer, change } = await this.session.answerReoffer(role, answered);
    this.tells(role, answer);
    if (change.peerStale) await this.reinvite(role === 'caller' ? 'callee' : 'caller', 'sendrecv');
    return change.peerStale;
  }

  async hold(): Promise<void> {
    const { port } = this.#media;
    await port.gate(this.id);
    await Promise.all([this.reinvite('caller', 'sendonly', 'recvonly'), this.reinvite('callee', 'sendonly', 'recvonly')]);
    await Promise.all([this.music('caller'), this.music('callee')]);
  }

  async resume(): Promise<void> {
    const { port } = this.#media;
    await Promise.all([this.reinvite('caller', 'sendrecv'), this.reinvite('callee', 'sendrecv')]);
    await Promise.all([port.stop(this.id, 'caller'), port.stop(this.id, 'callee')]);
    await port.ungate(this.id);
  }

  music(role: LegRole): Promise<void> {
    return this.#media.port.play(this.id, role, { kind: 'music', music: 'default' });
  }

  /** The tones that reach each of the two, as far as they can decrypt what comes. */
  async heard(): Promise<Readonly<Record<LegRole, number[]>>> {
    const { caller, callee } = this.phones;
    await Promise.all([caller.next(4), callee.next(4)]);
    const [atCaller, atCallee] = await Promise.all([caller.next(HEARD), callee.next(HEARD)]);
    return { caller: atCaller.tones(...TONES), callee: atCallee.tones(...TONES) };
  }
}

export const TALKING = { caller: [CALLEE_HERTZ], callee: [CALLER_HERTZ] };
export const HELD = { caller: [MUSIC_HERTZ], callee: [MUSIC_HERTZ] };

export const keyLines = (sdp: string): readonly string[] => sdp.match(/^a=crypto:.*$/gm) ?? [];
export const keyIn = (sdp: string): string => /inline:([^\s|]+)/.exec(keyLines(sdp)[0] ?? '')?.[1] ?? '';
