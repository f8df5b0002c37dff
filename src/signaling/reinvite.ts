/**
 * reinvite: the one re-INVITE primitive. Waits for the final response and reports 491 like every other refusal; only 2xx are
 * acknowledged by us (the engine acknowledges the rest, RFC 3261 §17.1.1.3). drachtio-srf's own dialog.modify() and
 * dialog.request() do neither.
 */
import type { LegSignal, SessionTerms } from '#calls/ports.js';
import { askInDialog, hadNoWay, type OpenDialog } from './dialog-request.js';
import { SUPPORTED_IN_DIALOG } from './extensions.js';
import { ALLOW, SDP_TYPE, bodyOf, retryAfterSec } from './sip-words.js';

export type ReinviteResult = Readonly<{
  signal: Extract<LegSignal, { kind: 'reinvite-answered' | 'reinvite-refused' }>;
  /** What a 2xx agreed (RFC 4028 §7.2: every re-INVITE is a refresh). */
  session?: SessionTerms;
}>;

export function sendReinvite(dialog: OpenDialog, sdp: string, done: (result: ReinviteResult) => void): void {
  const headers = () => ({ 'Content-Type': SDP_TYPE, Allow: ALLOW, Supported: SUPPORTED_IN_DIALOG, ...dialog.session.asks });
  askInDialog(dialog, { method: 'INVITE', headers, body: sdp }, (answer) => {
    const { status, reason, response } = answer;
    if (response !== undefined && status < 300) {
      const signal = { kind: 'reinvite-answered', status, sdp: bodyOf(response) } as const;
      return done({ signal, session: dialog.session.agreed(response) });
    }
    const unreached = hadNoWay(answer) ? ({ unreached: true } as const) : {};
    done({ signal: { kind: 'reinvite-refused', status, reason, retryAfterSec: retryAfterSec(response), ...unreached } });
  });
}
