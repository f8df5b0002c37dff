/**
 * header-table: the grammar of header names as data: canonical spelling, compact form, and whether a comma separates values.
 * One row per header that this house meets; an unknown header is passed on as it came.
 */
export type HeaderRow = Readonly<{ name: string; compact?: string; list: boolean; example: string }>;

const row = (name: string, list: boolean, example: string, compact?: string): HeaderRow =>
  compact === undefined ? { name, list, example } : { name, list, example, compact };

/** RFC 3261 §7.3.1 and §20: a comma separates values only where the grammar says `*(COMMA ...)`. */
export const HEADER_TABLE: readonly HeaderRow[] = [
  row('Via', true, 'SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK87asdks7;rport', 'v'),
  row('From', false, '"Alice" <sip:alice@example.com>;tag=9fxced76sl', 'f'),
  row('To', false, '<sip:bob@example.com>;tag=8321234356', 't'),
  row('Call-ID', false, '3848276298220188511@example.com', 'i'),
  row('CSeq', false, '4711 INVITE'),
  row('Max-Forwards', false, '70'),
  row('Contact', true, '<sip:alice@192.0.2.1:5060;transport=tcp>;expires=3600', 'm'),
  row('Content-Length', false, '151', 'l'),
  row('Content-Type', false, 'application/sdp', 'c'),
  row('Content-Encoding', true, 'gzip', 'e'),
  row('Route', true, '<sip:proxy.example.com;lr>'),
  row('Record-Route', true, '<sip:proxy.example.com;lr>'),
  row('Path', true, '<sip:edge.example.com;lr>'),
  row('Service-Route', true, '<sip:home.example.com;lr>'),
  row('Allow', true, 'INVITE, ACK, BYE'),
  row('Supported', true, '100rel, timer', 'k'),
  row('Require', true, '100rel'),
  row('Proxy-Require', true, 'privacy'),
  row('Unsupported', true, 'foo'),
  row('Accept', true, 'application/sdp'),
  row('Accept-Encoding', true, 'gzip'),
  row('Accept-Language', true, 'da, en-gb;q=0.8'),
  row('Allow-Events', true, 'dialog', 'u'),
  row('Event', false, 'dialog;id=1', 'o'),
  row('Subscription-State', false, 'active;expires=60'),
  row('Expires', false, '3600'),
  row('Min-Expires', false, '60'),
  row('Session-Expires', false, '1800;refresher=uas', 'x'),
  row('Min-SE', false, '90'),
  row('RSeq', false, '988789'),
  row('RAck', false, '988789 4711 INVITE'),
  row('Refer-To', false, '<sip:carol@example.com>', 'r'),
  row('Referred-By', false, '<sip:bob@example.com>', 'b'),
  row('Refer-Sub', false, 'false'),
  row('Replaces', false, '12adf2f34456gs5;to-tag=12345;from-tag=54321'),
  row('Request-Disposition', true, 'no-fork', 'd'),
  row('Accept-Contact', true, '*;audio', 'a'),
  row('Reject-Contact', true, '*;video', 'j'),
  row('Identity', false, 'signature', 'y'),
  row('Identity-Info', false, '<https://example.com/cert>', 'n'),
  row('Subject', false, 'Lunch', 's'),
  row('Authorization', false, 'Digest username="101", realm="holdfast", nonce="n", uri="sip:h", response="r"'),
  row('Proxy-Authorization', false, 'Digest username="101", realm="holdfast", nonce="n", uri="sip:h", response="r"'),
  row('WWW-Authenticate', false, 'Digest realm="holdfast", nonce="n", algorithm=SHA-256'),
  row('Proxy-Authenticate', false, 'Digest realm="holdfast", nonce="n", algorithm=SHA-256'),
  row('Authentication-Info', false, 'nextnonce="47364c23432d2e131a5fb210812c"'),
  row('Reason', true, 'SIP;cause=200;text="Call completed elsewhere"'),
  row('Retry-After', false, '5'),
  row('User-Agent', false, 'Softphone Beta1.5'),
  row('Server', false, 'HomeServer v2'),
  row('Date', false, 'Sat, 13 Nov 2010 23:29:00 GMT'),
  row('Timestamp', false, '54'),
  row('Warning', true, '370 devnull "Choose a bigger pipe"'),
  row('Alert-Info', true, '<http://www.example.com/sounds/moo.wav>'),
  row('Call-Info', true, '<sip:example.com>;answer-after=0'),
  row('P-Asserted-Identity', true, '"Alice" <sip:alice@example.com>'),
  row('P-Preferred-Identity', true, '"Alice" <sip:alice@example.com>'),
  row('Privacy', false, 'id'),
  row('Diversion', true, '<sip:bob@example.com>;reason=no-answer'),
  row('History-Info', true, '<sip:bob@example.com>;index=1'),
  row('MIME-Version', false, '1.0'),
  row('Organization', false, 'Boxes by Bob'),
  row('In-Reply-To', true, '70710@saturn.bell-tel.com'),
  row('Info-Package', false, 'dtmf'),
  row('Answer-Mode', false, 'Auto'),
  row('Content-Disposition', false, 'session;handling=required'),
  row('Content-Language', true, 'fr'),
  row('Error-Info', true, '<sip:not-in-service@example.com>'),
  row('Remote-Party-ID', true, '<sip:alice@example.com>;party=calling'),
  row('Session-ID', false, 'ab30317f1a784dc48ff824d0d3715d86;remote=00000000000000000000000000000000'),
  row('Target-Dialog', false, 'fa77as7dad8-sd98ajzz@host.example.com;local-tag=kkaz-'),
  row('Join', false, '12adf2f34456gs5;to-tag=12345;from-tag=54321'),
  row('SIP-ETag', false, 'dx200xyz'),
  row('SIP-If-Match', false, 'dx200xyz'),
];

const BY_NAME = new Map<string, HeaderRow>();
for (const entry of HEADER_TABLE) {
  BY_NAME.set(entry.name, entry); // the usual spelling is found without changing its case
  BY_NAME.set(entry.name.toLowerCase(), entry);
  if (entry.compact !== undefined) BY_NAME.set(entry.compact, entry);
}

/** The row of a header by any of its names, in any case. */
export const rowOf = (name: string): HeaderRow | undefined => BY_NAME.get(name) ?? BY_NAME.get(name.toLowerCase());
