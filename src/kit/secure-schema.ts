/**
 * secure-schema: the keys of the configuration that keep others out: certificates, and what may be written instead of a password.
 */
import { Type } from '@sinclair/typebox';

const strict = { additionalProperties: false } as const;
const Path = Type.String({ maxLength: 4096, default: '' });

/** `self-signed` makes a certificate in var/tls, for a first try. */
export const SELF_SIGNED = 'self-signed';

/** Paths are relative to the file they stand in. */
export const CertificateKeys = {
  certificate: Path, // PEM with the chain; empty: no TLS; `self-signed`: one is made
  key: Path, // PEM; empty: it stands in the certificate's file
} as const;

export const TlsKeys = Type.Object(
  {
    ...CertificateKeys,
    trust: Path, // PEM: authorities believed beside those that everybody believes
    verifyPeers: Type.Boolean({ default: true }), // trunks must prove the name in their uri (RFC 5922)
    requireClientCertificate: Type.Boolean({ default: false }), // only who shows one of an authority in `trust` may connect
  },
  { ...strict, default: {} },
);

export const HttpTlsKeys = Type.Object(CertificateKeys, { ...strict, default: {} });

/**
 * RFC 7616 §3.4.2: MD5 or SHA-256 of `<number>:<sip.realm>:<password>`. Phones are asked only for what every account has, because a
 * question that depends on the account tells who has one.
 */
export const Ha1Keys = Type.Object(
  {
    md5: Type.Optional(Type.String({ pattern: '^[0-9a-f]{32}$' })),
    sha256: Type.Optional(Type.String({ pattern: '^[0-9a-f]{64}$' })),
  },
  { ...strict, minProperties: 1 },
);

/** SHA-256 of `<user>:<sip.realm>:<password>`. */
export const HttpHa1Keys = Type.Object({ sha256: Type.String({ pattern: '^[0-9a-f]{64}$' }) }, strict);

/** SHA-256 of a token. Only for long random ones: of a word, everybody can find the word. */
export const TokenPrint = Type.String({ pattern: '^[0-9a-f]{64}$' });

/**
 * RFC 4568. `true`: reached over TLS it is offered SRTP, and asked again without where it refuses; it may always ask for SRTP itself.
 * `required`: it is spoken to in SRTP or not at all; only together with TLS, for the keys are in the SDP.
 */
export const SrtpKey = Type.Union([Type.Boolean(), Type.Literal('required')]);
