/**
 * tls: which certificate files the doors of the house use, SIP's and HTTP's, and the self-signed ones of a first try. A part of main.
 */
import { hostname, networkInterfaces } from 'node:os';
import { resolve } from 'node:path';
import type { EngineTls } from '#engine/options.js';
import type { CertificateFiles } from '#kit/certificates.js';
import type { Config } from '#kit/config.js';
import { SELF_SIGNED } from '#kit/secure-schema.js';
import { selfSigned, selfSignedIn } from '#kit/self-signed.js';

/** Undefined where no TLS is wanted. @throws ConfigError */
export async function sipTls(config: Config): Promise<EngineTls | undefined> {
  const { certificate, key, trust, verifyPeers, requireClientCertificate } = config.tls;
  const files = await filesOf({ certificate, key }, config);
  if (files === undefined) return undefined;
  return {
    files: trust === '' ? files : { ...files, trust: resolve(config.folder, trust) },
    port: config.sip.tlsPort,
    wssPort: config.sip.wssPort,
    verifyPeers,
    requireClientCertificate,
  };
}

/** Undefined where HTTP is plain. @throws ConfigError */
export const httpTls = (config: Config): Promise<CertificateFiles | undefined> =>
  filesOf(config.http.tls ?? { certificate: '', key: '' }, config);

const SELF_SIGNED_FOLDER = 'var/tls';

/** The certificate that HTTP shows, where nobody but whoever asks for it by name trusts it. */
export const ownHttpCertificate = ({ folder, http }: Config): string | undefined =>
  http.tls?.certificate === SELF_SIGNED ? selfSignedIn(resolve(folder, SELF_SIGNED_FOLDER)).certificate : undefined;

type Written = Readonly<{ certificate: string; key: string }>;

async function filesOf({ certificate, key }: Written, { folder, addresses }: Config): Promise<CertificateFiles | undefined> {
  if (certificate === '') return undefined;
  if (certificate === SELF_SIGNED) return selfSigned(resolve(folder, SELF_SIGNED_FOLDER), namesOf(addresses));
  return { certificate: resolve(folder, certificate), key: resolve(folder, key === '' ? certificate : key) };
}

/** 0.0.0.0 is nobody's name: then it is every address the machine has. */
function namesOf(addresses: readonly string[]): readonly string[] {
  const own = Object.values(networkInterfaces()).flatMap((all) => (all ?? []).map(({ address }) => address));
  const wild = addresses.some((one) => one === '0.0.0.0' || one === '::');
  const told = wild ? [...own.filter((one) => !one.startsWith('fe80:')), hostname()] : addresses;
  return [...new Set([...told, 'localhost'])];
}
