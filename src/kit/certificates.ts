/**
 * certificates: a certificate and its key from files, and what to do when the files change. What is opened with them, a SIP port or an
 * HTTP one, is not this room's business.
 */
import { createHash, X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createSecureContext, rootCertificates, type SecureContextOptions } from 'node:tls';
import type { Clock, Timer } from './clock.js';
import { ConfigError } from './errors.js';

/** Paths, PEM inside. `trust`: authorities believed beside those that everybody believes. */
export type CertificateFiles = Readonly<{ certificate: string; key: string; trust?: string | undefined }>;

export type Certificate = Readonly<{
  /** For those who connect to us. */
  server: SecureContextOptions;
  /** For those whom we connect to; they see our certificate when they ask for one. */
  client: SecureContextOptions;
  expiresMs: number;
  /** Changes with every byte of the files. */
  print: string;
}>;

/** How often the files are looked at. */
const LOOK_MS = 10_000;
const SOON_MS = 14 * 86_400_000;

/** RFC 8996: what is older than TLS 1.2 is not spoken. */
const MIN_VERSION = 'TLSv1.2';

/** @throws ConfigError when a file cannot be read, or certificate and key do not belong together. */
export function readCertificate(files: CertificateFiles): Certificate {
  return certificateOf(files, readFiles(files));
}

type Read = Readonly<{ cert: Buffer; key: Buffer; trust: Buffer | undefined; print: string }>;

function readFiles(files: CertificateFiles): Read {
  const cert = read('certificate', files.certificate);
  const key = read('key', files.key);
  const trust = files.trust === undefined || files.trust === '' ? undefined : read('trust', files.trust);
  return { cert, key, trust, print: printOf(cert, key, trust ?? '') };
}

function certificateOf(files: CertificateFiles, { cert, key, trust, print }: Read): Certificate {
  const server = { cert, key, minVersion: MIN_VERSION, ...(trust === undefined ? {} : { ca: trust }) } as const;
  const client = { ...server, ...(trust === undefined ? {} : { ca: [...rootCertificates, trust] }) };
  try {
    createSecureContext(server);
    const expiresMs = Date.parse(new X509Certificate(cert).validTo);
    return { server, client, expiresMs, print };
  } catch (error) {
    // The words are the TLS library's: `key values mismatch`, `no start line`. They never quote the key.
    throw new ConfigError(`${files.certificate} and ${files.key}: not usable as certificate and key: ${wordsOf(error)}`);
  }
}

export type WatchDeps = Readonly<{
  clock: Clock;
  /** A new certificate is there and fits. Connections that stand are not touched. */
  changed: (certificate: Certificate) => void;
  warn: (text: string) => void;
}>;

/** Looks at the files now and then: a renewal by certbot or by hand needs no restart. What does not fit is said once and not used. */
export class CertificateWatch {
  readonly #files: CertificateFiles;
  readonly #deps: WatchDeps;
  #print: string;
  #expiresMs: number;
  /** What was said last, so that it is not said every ten seconds. */
  #said = '';
  #timer: Timer | undefined;

  constructor(files: CertificateFiles, first: Certificate, deps: WatchDeps) {
    this.#files = files;
    this.#deps = deps;
    this.#print = first.print;
    this.#expiresMs = first.expiresMs;
    this.#tellAge();
    this.#lookLater();
  }

  /** Also when somebody asks for it, SIGHUP for one. A pair that is half written does not fit yet, and is looked at again. */
  look(): void {
    try {
      const read = readFiles(this.#files);
      // Understanding a certificate takes the SIP thread milliseconds, and nearly always it is the one from before.
      if (read.print !== this.#print) {
        const certificate = certificateOf(this.#files, read);
        this.#print = certificate.print;
        this.#expiresMs = certificate.expiresMs;
        this.#said = '';
        this.#deps.changed(certificate);
      }
      this.#tellAge();
    } catch (error) {
      this.#say(`${wordsOf(error)}; the certificate that was read before stays`);
    }
  }

  close(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  #lookLater(): void {
    this.#timer = this.#deps.clock.after('certificate look', LOOK_MS, () => {
      this.#lookLater();
      this.look();
    });
  }

  #tellAge(): void {
    const leftMs = this.#expiresMs - this.#deps.clock.now();
    if (leftMs < SOON_MS) this.#say(`${this.#files.certificate}: ${leftMs < 0 ? 'has ended' : 'ends within two weeks'}`);
  }

  #say(text: string): void {
    if (this.#said !== text) this.#deps.warn(text);
    this.#said = text;
  }
}

function read(what: string, path: string): Buffer {
  try {
    return readFileSync(path);
  } catch (error) {
    throw new ConfigError(`tls.${what}: ${path} cannot be read: ${(error as NodeJS.ErrnoException).code ?? wordsOf(error)}`);
  }
}

const printOf = (...parts: readonly (Buffer | string)[]): string =>
  createHash('sha256')
    .update(parts.map((part) => createHash('sha256').update(part).digest('hex')).join())
    .digest('hex');

const wordsOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
