/**
 * certificates: self-signed ones in a folder of a test, for real TLS sockets on loopback. Each is its own authority.
 */
import { copyFileSync } from 'node:fs';
import { join } from 'node:path';
import type { CertificateFiles } from '#kit/certificates.js';
import { selfSigned } from '#kit/self-signed.js';

type Test = { testdir(): string; readonly testdirName: string };

const NAMES = ['127.0.0.1', '::1', 'localhost'];

export async function certificateForTest(t: Test, names: readonly string[] = NAMES): Promise<CertificateFiles> {
  return selfSigned(t.testdir(), names);
}

/** Another pair in another folder. */
export const anotherPair = (t: Test, folder: string, names = NAMES): Promise<CertificateFiles> =>
  selfSigned(join(t.testdirName, folder), names);

/** What a renewal does: new bytes under the old names. */
export function replaceWith(files: CertificateFiles, by: CertificateFiles): void {
  copyFileSync(by.key, files.key);
  copyFileSync(by.certificate, files.certificate);
}
