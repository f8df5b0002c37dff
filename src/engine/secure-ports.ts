/**
 * secure-ports: the certificate of the TLS and WSS ports: read before they open, and read again when its files change.
 */
import { CertificateWatch, readCertificate, type Certificate } from '#kit/certificates.js';
import type { Clock } from '#kit/clock.js';
import type { Logger } from '#kit/log.js';
import type { EngineTls } from './options.js';
import type { Transports, TlsListenOptions } from './transport/transports.js';

export type SecurePorts = Readonly<{
  listen: TlsListenOptions;
  /** Looks at the files now. */
  look: () => void;
  close: () => void;
}>;

type Deps = Readonly<{ clock: Clock; log: Logger; transports: Transports }>;

/** @throws ConfigError when the files cannot be used. */
export function securePorts(tls: EngineTls, { clock, log, transports }: Deps): SecurePorts {
  const certificate = readCertificate(tls.files);
  const watch = new CertificateWatch(tls.files, certificate, {
    clock,
    changed: (next: Certificate) => {
      transports.renew(next);
      log.info({ validTo: new Date(next.expiresMs).toISOString() }, 'a new certificate is used from now on');
    },
    warn: (text) => log.warn(text),
  });
  const rules = {
    verifyPeers: tls.verifyPeers ?? true,
    requireClientCertificate: tls.requireClientCertificate ?? false,
  };
  return {
    listen: { certificate, rules, port: tls.port, wssPort: tls.wssPort },
    look: () => watch.look(),
    close: () => watch.close(),
  };
}
