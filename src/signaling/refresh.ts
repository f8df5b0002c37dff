/**
 * refresh: a session is refreshed by an UPDATE without an offer (RFC 4028 §7.4, RFC 3311 §5.1): nothing of the media is said, so
 * nothing of a hold can be undone.
 */
import type { LegSignal, SessionTerms } from '#calls/ports.js';
import { askInDialog, type OpenDialog } from './dialog-request.js';
import { SUPPORTED_IN_DIALOG } from './extensions.js';
import { ALLOW } from './sip-words.js';

export type RefreshResult = Readonly<{
  signal: Extract<LegSignal, { kind: 'refresh-answered' | 'refresh-refused' }>;
  session?: SessionTerms;
}>;

export function sendRefresh(dialog: OpenDialog, done: (result: RefreshResult) => void): void {
  const headers = () => ({ Allow: ALLOW, Supported: SUPPORTED_IN_DIALOG, ...dialog.session.asks });
  askInDialog(dialog, { method: 'UPDATE', headers }, ({ status, reason, response }) => {
    if (response === undefined || status >= 300) return done({ signal: { kind: 'refresh-refused', status, reason } });
    done({ signal: { kind: 'refresh-answered' }, session: dialog.session.agreed(response) });
  });
}
