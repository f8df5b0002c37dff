/**
 * manners: how a phone answers a request: `goodManners` is what RFC 3261 and RFC 3264 ask of it; the others are for one occasion.
 */
import { Dialog } from './dialog.js';
import type { Headers, Phone } from './phone.js';
import { allows, cseqOf, header, type Sip } from './sip-text.js';
import type { Direction } from './sdp-reader.js';

export type Manner = (request: Sip, phone: Phone) => void;

export const goodManners: Manner = (request, phone) => {
  const dialog = phone.dialogOf(request);
  switch (request.what) {
    case 'INVITE':
      if (dialog === undefined) return pickUp()(request, phone);
      // RFC 3261 §14.2: not while ours is open.
      return phone.offering > 0 ? phone.respond(request, 491) : accept()(request, phone);
    case 'UPDATE':
      if (dialog === undefined) return phone.respond(request, 481);
      return phone.offering > 0 && request.body !== '' ? phone.respond(request, 491) : accept()(request, phone);
    case 'ACK':
      return dialog === undefined ? undefined : acknowledged(request, phone, dialog);
    case 'BYE':
      if (dialog !== undefined) dialog.ended = true;
      return phone.respond(request, dialog === undefined ? 481 : 200);
    case 'CANCEL':
      return cancelled(request, phone);
    default:
      return phone.respond(request, request.what === 'REFER' || request.what === 'SUBSCRIBE' ? 405 : 200);
  }
};

function acknowledged(ack: Sip, phone: Phone, dialog: Dialog): void {
  dialog.confirmed = true;
  if (ack.body !== '') phone.obey(ack.body);
}

function cancelled(cancel: Sip, phone: Phone): void {
  phone.respond(cancel, 200);
  const invite = phone.sip
    .since(0)
    .find((one) => one.what === 'INVITE' && sameCall(one, cancel) && cseqOf(one).number === cseqOf(cancel).number);
  if (invite !== undefined) phone.respond(invite, 487);
}

export const sameCall = (a: Sip, b: Sip): boolean => header(a, 'call-id') === header(b, 'call-id');

/** A new call: rings and answers. */
export const pickUp =
  (more: Headers = {}): Manner =>
  (request, phone) => {
    ring()(request, phone);
    answerCall(request, phone, more);
  };

/** Rings, and no more. */
export const ring =
  (status = 180, more: Headers = {}): Manner =>
  (request, phone) => {
    if (phone.dialogOf(request) === undefined) phone.keep(Dialog.called(request));
    phone.respond(request, status, '', more);
  };

/** Early media: a 183 with an SDP. */
export const progress =
  (direction: Direction, more: Headers = {}): Manner =>
  (request, phone) => {
    if (phone.dialogOf(request) === undefined) phone.keep(Dialog.called(request));
    phone.respond(request, 183, phone.sdp.answer(request.body, { direction }), more);
    phone.obey(request.body);
  };

export function answerCall(request: Sip, phone: Phone, more: Headers = {}): void {
  accept({ headers: more })(request, phone);
}

export type Acceptance = Readonly<{ direction?: Direction; headers?: Headers; body?: (right: string) => string }>;

/** 200 with what belongs into it: an answer, or an offer when there was none (RFC 3261 §14.2). */
export const accept =
  ({ direction, headers = {}, body = (right) => right }: Acceptance = {}): Manner =>
  (request, phone) => {
    phone.dialogOf(request)?.aimAt(request);
    if (request.body === '')
      return phone.respond(request, 200, request.what === 'INVITE' ? body(phone.sdp.offer()) : '', headers);
    const answer = phone.sdp.answer(request.body, direction === undefined ? {} : { direction });
    phone.respond(request, 200, body(answer), headers);
    phone.obey(request.body);
  };

export const refuse =
  (status: number, more: Headers = {}): Manner =>
  (request, phone) =>
    phone.respond(request, status, '', more);

/** Neither answer nor word. */
export const ignore: Manner = () => undefined;

/** A while later, as a phone does whose user is asked. */
export const later =
  (ms: number, manner: Manner): Manner =>
  (request, phone) => {
    phone.clock.after('a late answer', ms, () => phone.attempt(() => manner(request, phone)));
  };

/** One after the other. */
export const both =
  (first: Manner, second: Manner): Manner =>
  (request, phone) => {
    first(request, phone);
    second(request, phone);
  };

export const takesUpdate = (phone: Phone): boolean =>
  phone.sip.since(0).some((message) => sameDialogs(message, phone) && allows(message, 'UPDATE'));

const sameDialogs = (message: Sip, phone: Phone): boolean => phone.dialogOf(message) !== undefined;
