/**
 * probe: is anybody there? OPTIONS in the dialog (RFC 3261 §11.2: answered as an INVITE would be). Any answer that came from somebody
 * says yes, except 481: the phone lives, but the call is unknown to it.
 */
import { askInDialog, type OpenDialog } from './dialog-request.js';
import { SDP_TYPE } from './sip-words.js';

export type ProbeResult = Readonly<{ there: boolean; why: string }>;

export function sendProbe(dialog: OpenDialog, done: (result: ProbeResult) => void): void {
  askInDialog(dialog, { method: 'OPTIONS', headers: () => ({ Accept: SDP_TYPE }) }, ({ status, reason }) =>
    done({ there: status !== 408 && status !== 481, why: `${status} ${reason}` }),
  );
}
