/**
 * register: REGISTER (RFC 3261 §10.3): who asks, what they ask, and the answer with every current contact.
 */
import type { AskedContact, Registration } from '#core/bindings.js';
import type { Registrar } from '#registrar/registrar.js';
import { parseCSeq } from '#sip/cseq.js';
import { splitList } from '#sip/headers.js';
import { isStar, parseNameAddr } from '#sip/name-addr.js';
import { unquote } from '#sip/params.js';
import { parseUri } from '#sip/uri.js';
import type { Authenticator } from './authenticate.js';
import { ALLOW } from './sip-words.js';
import type { RequestHandler, SrfRequest } from './srf.js';

/** @param granted hears of every REGISTER that was. */
export function registerHandler(
  registrar: Registrar,
  authenticator: Authenticator,
  granted: (request: SrfRequest) => void = () => undefined,
): RequestHandler {
  return (request, response) => {
    const required = request.get('Require');
    if (required !== undefined && required.trim() !== '') return response.send(420, { headers: { Unsupported: required } });
    const account = authenticator.account(request, response);
    if (account === undefined) return;
    const aor = parseUri(parseNameAddr(request.get('To') ?? '')?.uri ?? '')?.user;
    // RFC 3261 §10.3 step 4: nobody registers for somebody else. The host is ours whatever name the phone knows us by.
    if (aor !== account.number) return response.send(403, 'To is not the authenticated user');
    const asked = readRegistration(request);
    if (asked === undefined) return response.send(400);
    const result = registrar.register(aor, asked);
    if (result.kind === 'refused') {
      const headers = result.minExpiresSec === undefined ? {} : { 'Min-Expires': String(result.minExpiresSec) };
      return response.send(result.status, result.reason, { headers });
    }
    granted(request);
    // Step 8: every current contact, with what is left of it.
    const contacts = result.bindings.map((binding) => `<${binding.contact}>;expires=${registrar.secondsLeft(binding)}`);
    response.send(200, {
      headers: {
        ...(contacts.length === 0 ? {} : { Contact: contacts.join(', ') }),
        Allow: ALLOW,
        Date: new Date().toUTCString(),
      },
    });
  };
}

function readRegistration(request: SrfRequest): Registration | undefined {
  const cseq = parseCSeq(request.get('CSeq') ?? '');
  const contacts = readContacts(request.get('Contact') ?? '');
  const callId = request.get('Call-ID');
  const expiresSec = readSeconds(request.get('Expires'));
  if (cseq === undefined || contacts === undefined || callId === undefined) return undefined;
  const flow = { protocol: request.protocol, address: request.source_address, port: request.source_port };
  return { contacts, expiresSec, callId, cseq: cseq.number, flow, userAgent: request.get('User-Agent') };
}

function readContacts(header: string): Registration['contacts'] | undefined {
  const values = splitList(header);
  if (values.some(isStar)) return values.length === 1 ? '*' : undefined;
  const contacts: AskedContact[] = [];
  for (const value of values) {
    const address = parseNameAddr(value);
    if (address === undefined || parseUri(address.uri) === undefined) return undefined;
    const q = Number(address.params.get('q') ?? 1);
    const [instance, regId] = [address.params.get('+sip.instance'), address.params.get('reg-id')];
    contacts.push({
      uri: address.uri,
      expiresSec: readSeconds(address.params.get('expires')),
      q: q >= 0 && q <= 1 ? q : 1,
      // RFC 5626 §6: only together do they name a flow; a device without reg-id may well have two contacts.
      instance: instance === undefined || regId === undefined ? undefined : `${unquote(instance)} ${regId}`,
    });
  }
  return contacts;
}

/** RFC 3261 §20.19: what cannot be read counts as not said. */
function readSeconds(text: string | undefined): number | undefined {
  return text !== undefined && /^[0-9]{1,10}$/.test(text.trim()) ? Math.min(Number(text), 2 ** 31) : undefined;
}
