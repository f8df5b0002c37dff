/**
 * plain-media: the media half that SIP.js asks for, without WebRTC: offers and answers of an RTP endpoint.
 */
import { URI, UserAgent, type SessionDescriptionHandler } from 'sip.js';
import type { RtpEndpoint } from './rtp-endpoint.js';
import { directionIn } from './sip-phone.js';
import { ALICE_HERTZ } from './two-phones.js';

const MIRROR: Readonly<Record<string, string>> = {
  sendonly: 'recvonly',
  recvonly: 'sendonly',
  inactive: 'inactive',
  sendrecv: 'sendrecv',
};

/** The media half of SIP.js: offers and answers for an RTP endpoint, obeying the direction it is offered. */
export class PlainMedia implements SessionDescriptionHandler {
  readonly offers: string[] = [];
  readonly #rtp: RtpEndpoint;
  #remote = '';
  #version = 0;

  constructor(rtp: RtpEndpoint) {
    this.#rtp = rtp;
  }

  close(): void {
    this.#rtp.hush();
  }

  getDescription(): Promise<{ body: string; contentType: string }> {
    const direction = this.#remote === '' ? 'sendrecv' : (MIRROR[directionIn(this.#remote)] ?? 'sendrecv');
    return Promise.resolve({ body: this.#rtp.sdp({ direction, version: ++this.#version }), contentType: 'application/sdp' });
  }

  setDescription(sdp: string): Promise<void> {
    this.#remote = sdp;
    this.offers.push(sdp);
    this.#rtp.obey(sdp);
    this.#rtp.talk(ALICE_HERTZ); // it goes on talking whatever it is told
    return Promise.resolve();
  }

  hasDescription(contentType: string): boolean {
    return contentType === 'application/sdp';
  }

  rollbackDescription(): Promise<void> {
    return Promise.resolve();
  }

  sendDtmf(): boolean {
    return false;
  }
}

export function uriOf(number: string): URI {
  const uri = UserAgent.makeURI(`sip:${number}@127.0.0.1`);
  if (uri === undefined) throw new Error(`no URI for ${number}`);
  return uri;
}
