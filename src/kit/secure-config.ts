/**
 * secure-config: what the keys of secure-schema.ts must be together. A wrong pair is a ConfigError that names file and key.
 */
import type { Config } from './config-schema.js';
import { ConfigError } from './errors.js';

type Proven = Readonly<{ password?: string | undefined; ha1?: object | undefined }>;

/** @throws ConfigError */
export function checkSecure(config: Config): void {
  const { phones, http, tokens } = config.accounts;
  for (const [index, phone] of phones.entries()) oneOfTwo(phone, `phones.${index}`);
  for (const [index, user] of http.entries()) oneOfTwo(user, `http.${index}`);
  for (const [index, { token, sha256 }] of tokens.entries()) {
    if ((token === undefined) === (sha256 === undefined))
      throw new ConfigError(`accounts.yaml: tokens.${index}.token: expected either token or sha256`);
  }
  checkAlgorithms(phones);
  const known = phones.findIndex(({ requireTls }) => requireTls === true);
  // A drachtio-server elsewhere has its own ports, which nobody told us.
  if (known >= 0 && config.tls.certificate === '' && config.drachtio.host === '')
    throw new ConfigError(`accounts.yaml: phones.${known}.requireTls: found true, expected tls.certificate in holdfast.yaml`);
  checkSrtp(config);
  keyAlone(config.tls, 'tls');
  keyAlone(config.http.tls ?? {}, 'http.tls');
  if (config.tls.requireClientCertificate && config.tls.trust === '')
    throw new ConfigError('holdfast.yaml: tls.requireClientCertificate: found true, expected tls.trust beside it');
}

/** A key that opens nothing was meant to. */
function keyAlone({ certificate = '', key = '' }: Readonly<{ certificate?: string; key?: string }>, where: string): void {
  if (key !== '' && certificate === '')
    throw new ConfigError(`holdfast.yaml: ${where}.key: found a file, expected ${where}.certificate beside it`);
}

/** RFC 4568 §10: keys that everybody on the way can read are none. */
function checkSrtp({ accounts, trunks }: Config): void {
  const open = accounts.phones.findIndex(({ srtp, requireTls }) => srtp === 'required' && requireTls !== true);
  if (open >= 0) throw new ConfigError(`accounts.yaml: phones.${open}.srtp: found required, expected requireTls: true beside it`);
  const trunk = trunks.findIndex(({ srtp, uri }) => srtp === 'required' && !isTlsUri(uri));
  if (trunk >= 0)
    throw new ConfigError(`trunks.yaml: trunks.${trunk}.srtp: found required, expected a uri with sips: or transport=tls`);
}

/** RFC 3261 §26.2.2, and the older way that most write. */
export const isTlsUri = (uri: string): boolean => /^sips:|;transport=(?:tls|wss)(?:;|$)/i.test(uri);

function oneOfTwo({ password, ha1 }: Proven, key: string): void {
  if (password === undefined && ha1 === undefined)
    throw new ConfigError(`accounts.yaml: ${key}.password: found nothing, expected password or ha1`);
  if (password !== undefined && ha1 !== undefined)
    throw new ConfigError(`accounts.yaml: ${key}.ha1: found beside password, expected one of the two`);
}

/** RFC 8760 §2.4 lets us ask for several; all must be ones that every account can be asked for. */
function checkAlgorithms(phones: Config['accounts']['phones']): void {
  const [noMd5, noSha] = (['md5', 'sha256'] as const).map((one) =>
    phones.findIndex(({ ha1 }) => ha1 !== undefined && ha1[one] === undefined),
  );
  if ((noMd5 ?? -1) >= 0 && (noSha ?? -1) >= 0)
    throw new ConfigError(
      `accounts.yaml: phones.${noMd5}.ha1: found no md5, and phones.${noSha}.ha1 has no sha256; expected one that all phones have`,
    );
}
