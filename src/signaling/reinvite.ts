/**
 * reinvite: the one re-INVITE primitive. Waits for the final response, acknowledges only 2xx (the engine acknowledges the rest,
 * RFC 3261 §17.1.1.3) and reports 491 like every other refusal. drachtio-srf's own dialog.modify() and dialog.request() do neither.
 */
import type { Clock } from '#kit/clock.js';
import { ALLOW, SDP_TYPE } from './sip-words.js';
import { IN_DIALOG, type Srf } from './srf.js';

export type ReinviteResult =
  | Readonly<{ kind: 'reinvite-answered'; status: number; sdp?: string | undefined }>
  | Readonly<{ kind: 'reinvite-refused'; status: number; reason: string }>;

/** 64*T1. Timer B ends silence; this ends a phone that says 1xx and then nothing (RFC 3261 §14.1 calls that no answer). */
const ANSWER_MS = 32_000;

export function sendReinvite(
  srf: Srf,
  clock: Clock,
  dialogId: string,
  sdp: string,
  done: (result: ReinviteResult) => void,
): void {
  let open = true;
  const finish = (result: ReinviteResult): void => {
    if (!open) return;
    open = false;
    deadline.cancel();
    done(result);
  };
  const deadline = clock.after(`re-INVITE ${dialogId}`, ANSWER_MS, () =>
    finish({ kind: 'reinvite-refused', status: 408, reason: 'no final answer' }),
  );
  const headers = { 'Content-Type': SDP_TYPE, Allow: ALLOW };
  srf.request({ method: 'INVITE', uri: IN_DIALOG, stackDialogId: dialogId, headers, body: sdp }, (error, request) => {
    if (error || request === undefined) {
      // drachtio-srf marks a dialog its server no longer has; everything else is our own trouble.
      const gone = (error as { code?: string } | null)?.code === 'ENODIALOG';
      return finish({ kind: 'reinvite-refused', status: gone ? 481 : 500, reason: error?.message ?? 'not sent' });
    }
    request.on('response', (response, ack) => {
      if (response.status < 200) return;
      if (response.status >= 300) return finish({ kind: 'reinvite-refused', status: response.status, reason: response.reason });
      ack();
      finish({ kind: 'reinvite-answered', status: response.status, sdp: response.body === '' ? undefined : response.body });
    });
  });
}
