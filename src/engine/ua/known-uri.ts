/**
 * known-uri: URIs that were parsed before. A phone's Contact is looked at with every request to it, and it seldom changes.
 */
import { parseUri, type SipUri } from '#sip/uri.js';
import { ownText } from '#kit/own-text.js';

const MAX_KNOWN = 5000;

const known = new Map<string, SipUri | undefined>();

export function knownUri(text: string): SipUri | undefined {
  const found = known.get(text);
  if (found !== undefined || known.has(text)) return found;
  const parsed = parseUri(text);
  if (known.size >= MAX_KNOWN) known.clear();
  known.set(ownText(text), parsed);
  return parsed;
}
