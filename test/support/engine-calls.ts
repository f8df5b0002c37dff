/**
 * engine-calls: calls between a raw phone and an application through the engine, up to the point where a test begins.
 */
import type { AppRequest, AppResponse, Outgoing, TestApp } from './engine-fixture.js';
import { outgoing } from './engine-fixture.js';
import { header, tag, type RawPhone } from './raw-phone.js';

export const SDP = 'v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 40000 RTP/AVP 0\r\n';

export type PhoneDialog = { callId: string; from: string; to: string; target: string; cseq: number };

/** The phone as caller: request facts for its INVITE. */
export const invitation = (phone: RawPhone, callId: string): { callId: string; from: string; to: string } => ({
  callId,
  from: `<sip:alice@127.0.0.1>;tag=a-${callId}`,
  to: `<sip:bob@127.0.0.1:${phone.port}>`,
});

export const sendInvite = (
  phone: RawPhone,
  callId: string,
  more: { branch?: string; lines?: string[]; body?: string } = {},
): string => {
  const { lines = [], ...rest } = { body: SDP, ...more };
  const text = phone.request('INVITE', 'sip:bob@127.0.0.1', {
    ...invitation(phone, callId),
    cseq: 1,
    lines: [phone.contact, ...lines],
    ...rest,
  });
  phone.send(text);
  return text;
};

export const contactOf = (message: string): string => /<([^>]+)>/.exec(header(message, 'Contact'))?.[1] ?? '';

/** The application lets the phone register this contact. @returns the protocol that the application was told. */
export const register = async (app: TestApp, phone: RawPhone, contact: string): Promise<string> => {
  phone.send(
    phone.request('REGISTER', 'sip:127.0.0.1', {
      callId: `reg-${phone.protocol}-${phone.port}`,
      from: '<sip:101@127.0.0.1>;tag=reg',
      to: '<sip:101@127.0.0.1>',
      cseq: 1,
      lines: [`Contact: ${contact}`, 'Expires: 600'],
    }),
  );
  const { request, response } = await app.gets('REGISTER');
  response.send(200, { headers: { Contact: `${contact};expires=600` } });
  await phone.receives('200 REGISTER');
  return request.protocol;
};

/** The phone calls, the application answers, the phone acknowledges. */
export async function incomingCall(
  app: TestApp,
  phone: RawPhone,
  callId: string,
): Promise<{ dialog: PhoneDialog; request: AppRequest; response: AppResponse; ok: string }> {
  sendInvite(phone, callId);
  const { request, response } = await app.gets('INVITE');
  const acked = new Promise((resolve) => response.send(200, { body: SDP }, undefined, resolve));
  const ok = await phone.receives('200 INVITE');
  const dialog = { ...invitation(phone, callId), to: header(ok, 'To'), target: contactOf(ok), cseq: 1 };
  phone.send(phone.request('ACK', dialog.target, dialog));
  await acked;
  return { dialog, request, response, ok };
}

/** A further request of the phone in its dialog. */
export function sendInDialog(
  phone: RawPhone,
  dialog: PhoneDialog,
  method: string,
  more: { lines?: string[]; body?: string } = {},
): string {
  if (method !== 'ACK') dialog.cseq++;
  const text = phone.request(method, dialog.target, { ...dialog, ...more });
  phone.send(text);
  return text;
}

/** The application calls, the phone answers, the application acknowledges. */
export async function outgoingCall(
  app: TestApp,
  phone: RawPhone,
  options: object = {},
): Promise<{ call: Outgoing; dialogId: string; invite: string; ok: string; dialog: PhoneDialog }> {
  const call = await outgoing(app, {
    method: 'INVITE',
    uri: phone.uri,
    headers: { From: '<sip:1234@localhost>' },
    body: SDP,
    ...options,
  });
  const invite = await phone.receives('INVITE');
  const ok = phone.response(invite, 200, { tag: 'callee', lines: [phone.contact], body: SDP });
  phone.send(ok);
  const { response, ack } = await call.next();
  ack();
  await phone.receives('ACK');
  return { call, dialogId: response.stackDialogId ?? '', invite, ok, dialog: calleeDialog(invite) };
}

/** The dialog as the called phone knows it. */
export const calleeDialog = (invite: string, ourTag = 'callee'): PhoneDialog => ({
  callId: header(invite, 'Call-ID'),
  from: `${header(invite, 'To')};tag=${ourTag}`,
  to: header(invite, 'From'),
  target: contactOf(invite),
  cseq: 100,
});

export const fromTagOf = (message: string): string => tag(header(message, 'From'));
