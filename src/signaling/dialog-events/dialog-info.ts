/**
 * dialog-info: what an extension is doing, as the document that BLF keys read (RFC 4235 §4). Value to text only.
 */

export type ExtensionDialog = Readonly<{
  /** The same for as long as the dialog lasts, and no other's. */
  id: string;
  state: 'trying' | 'early' | 'confirmed' | 'terminated';
  direction: 'initiator' | 'recipient';
  /** The extension itself. */
  local: string;
  /** Whom it talks to; absent: who that is is nobody's business (RFC 3323). */
  remote: string | undefined;
  held: boolean;
}>;

export type DialogInfo = Readonly<{
  extension: string;
  /** The host by which the subscriber knows us: a URI it can call. */
  host: string;
  version: number;
  dialogs: readonly ExtensionDialog[];
}>;

export const DIALOG_INFO = 'application/dialog-info+xml';

/** RFC 4235 §4.3: always the full state, so one NOTIFY that was lost does no harm that the next one does not mend. */
export function writeDialogInfo({ extension, host, version, dialogs }: DialogInfo): string {
  const entity = escaped(uriOf(extension, host));
  const body = dialogs.map((dialog) => writeDialog(dialog, host)).join('');
  return `<?xml version="1.0" encoding="UTF-8"?>\n<dialog-info xmlns="urn:ietf:params:xml:ns:dialog-info" version="${version}" state="full" entity="${entity}">\n${body}</dialog-info>\n`;
}

/** Without Call-ID and tags: whoever knows them may take the call over (RFC 3891 §5). */
function writeDialog({ id, state, direction, local, remote, held }: ExtensionDialog, host: string): string {
  const remoteUri = remote === undefined ? 'sip:anonymous@anonymous.invalid' : uriOf(remote, host);
  return [
    `  <dialog id="${escaped(id)}" direction="${direction}">\n    <state>${state}</state>\n`,
    writeParty('local', uriOf(local, host), held ? NOT_RENDERING : ''),
    writeParty('remote', remoteUri, ''),
    '  </dialog>\n',
  ].join('');
}

/**
 * RFC 4235 §4.1.6, RFC 3840 §10: this side renders nothing of what the other says. Asterisk and FreeSWITCH write it of the extension
 * that has pressed hold; the RFC's words fit the one that was put on hold as well, because nobody hears the other here while anybody
 * holds. So it stands on both sides, and the dialog stays confirmed.
 */
const NOT_RENDERING = '<param pname="+sip.rendering" pval="no"/>';

const writeParty = (side: 'local' | 'remote', uri: string, params: string): string =>
  `    <${side}><identity>${escaped(uri)}</identity><target uri="${escaped(uri)}">${params}</target></${side}>\n`;

/** RFC 3261 §25.1: what may stand in a user part without being escaped. */
const uriOf = (user: string, host: string): string =>
  `sip:${encodeURIComponent(user).replaceAll('%2B', '+').replaceAll('%2A', '*')}@${host}`;

const ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&apos;' };

/** XML 1.0 §2.2 knows no control characters, escaped or not. */
const escaped = (text: string): string =>
  text.replace(/[\x00-\x1f\x7f]/g, '').replace(/[&<>"']/g, (char) => ENTITIES[char] ?? char);
