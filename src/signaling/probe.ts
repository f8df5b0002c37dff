/**
 * probe: is anybody there? OPTIONS in the dialog (RFC 3261 §11.2: answered as an INVITE would be). Any answer that came from somebody
 * says yes, except 408 and 481: the phone may live, but not this call (RFC 5057 §5.1).
 */
import { askInDialog, hadNoWay, type FinalAnswer, type OpenDialog } from './dialog-request.js';
import { SDP_TYPE } from './sip-words.js';

export type ProbeResult = Readonly<{ there: boolean; why: string }>;

export function sendProbe(dialog: OpenDialog, done: (result: ProbeResult) => void): void {
  askInDialog(dialog, { method: 'OPTIONS', headers: () => ({ Accept: SDP_TYPE }) }, (answer) =>
    done({ there: isFromSomebody(answer), why: `${answer.status} ${answer.reason}` }),
  );
}

function isFromSomebody(answer: FinalAnswer): boolean {
  const { status } = answer;
  if (status === 408 || status === 481) return false;
  return !hadNoWay(answer); // 500 without an answer is our own trouble, and says nothing of the phone
}
