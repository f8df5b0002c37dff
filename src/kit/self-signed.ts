/**
 * self-signed: a certificate for a first try, made by the openssl program (Node can sign bytes, but not a certificate) and kept in a
 * folder, so that a phone that was told to trust it need not be told again after every start. For anything but a try a real one belongs
 * into tls.certificate.
 */
import { execFile } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { chmodSync, existsSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { isIP } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { CertificateFiles } from './certificates.js';
import { ConfigError } from './errors.js';
import { makeFolder } from './make-folder.js';

const DAYS = 397; // browsers believe none that lasts longer
const MAKE_MS = 15_000;
const RENEW_MS = 30 * 86_400_000;

/** Where they are, or would be. */
export const selfSignedIn = (folder: string): CertificateFiles => ({
  certificate: join(folder, 'self-signed.crt'),
  key: join(folder, 'self-signed.key'),
});

/**
 * @param names addresses and host names under which we are reached.
 * @throws ConfigError when there is none yet and openssl is not installed.
 */
export async function selfSigned(folder: string, names: readonly string[]): Promise<CertificateFiles> {
  const files = selfSignedIn(folder);
  if (isGood(files, names)) return files;
  makeFolder(folder, 0o700);
  const made = { certificate: `${files.certificate}.new`, key: `${files.key}.new` };
  try {
    await promisify(execFile)('openssl', argumentsFor(made, names), { timeout: MAKE_MS });
    chmodSync(made.key, 0o600);
    // A name in place of another, so that nobody ever reads half a file.
    renameSync(made.key, files.key);
    renameSync(made.certificate, files.certificate);
  } catch (error) {
    rmSync(made.key, { force: true });
    rmSync(made.certificate, { force: true });
    const why = (error as NodeJS.ErrnoException).code === 'ENOENT' ? 'openssl is not installed' : String(error);
    throw new ConfigError(
      `a self-signed certificate could not be made: ${why}; set tls.certificate and tls.key to files of your own`,
    );
  }
  return files;
}

/** There, for these names, and not about to end. */
function isGood(files: CertificateFiles, names: readonly string[]): boolean {
  if (!existsSync(files.certificate) || !existsSync(files.key)) return false;
  try {
    const known = new X509Certificate(readFileSync(files.certificate));
    const covers = (name: string): boolean => (isIP(name) === 0 ? known.checkHost(name) : known.checkIP(name)) !== undefined;
    return Date.parse(known.validTo) - Date.now() > RENEW_MS && names.every(covers);
  } catch {
    return false; // whatever it is, it is no certificate
  }
}

/** P-256: phones and browsers of the last ten years know it, and it costs a tenth of RSA. */
const argumentsFor = ({ certificate, key }: CertificateFiles, names: readonly string[]): readonly string[] => [
  ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-sha256'],
  ...['-days', String(DAYS), '-subj', '/CN=Holdfast first try', '-keyout', key, '-out', certificate],
  ...['-addext', `subjectAltName=${names.map((name) => `${isIP(name) === 0 ? 'DNS' : 'IP'}:${name}`).join(',')}`],
];
