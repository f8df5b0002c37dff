/**
 * environment: which variable of the environment stands for which key of holdfast.yaml.
 */
/** Environment variable → key of holdfast.yaml. The environment wins over the file. */
export const ENVIRONMENT: Readonly<Record<string, readonly string[]>> = {
  HOLDFAST_ADDRESS: ['address'],
  HOLDFAST_SIP_PORT: ['sip', 'port'],
  HOLDFAST_WS_PORT: ['sip', 'wsPort'],
  HOLDFAST_TLS_PORT: ['sip', 'tlsPort'],
  HOLDFAST_WSS_PORT: ['sip', 'wssPort'],
  HOLDFAST_TLS_CERTIFICATE: ['tls', 'certificate'],
  HOLDFAST_TLS_KEY: ['tls', 'key'],
  HOLDFAST_TLS_TRUST: ['tls', 'trust'],
  HOLDFAST_HTTP_CERTIFICATE: ['http', 'tls', 'certificate'],
  HOLDFAST_HTTP_KEY: ['http', 'tls', 'key'],
  HOLDFAST_REALM: ['sip', 'realm'],
  HOLDFAST_RING_SECONDS: ['sip', 'ringSeconds'],
  HOLDFAST_MAX_CALLS: ['sip', 'maxCalls'],
  HOLDFAST_HTTP_PORT: ['http', 'port'],
  HOLDFAST_LOG: ['log'],
  HOLDFAST_STORE: ['store'],
  RTPENGINE_NG: ['rtpengine', 'ng'],
  RTPENGINE_REDIS: ['rtpengine', 'redis'],
  RTPENGINE_KEYS: ['rtpengine', 'keys'],
  RTPENGINE_PORT_MIN: ['rtpengine', 'portMin'],
  RTPENGINE_PORT_MAX: ['rtpengine', 'portMax'],
  DRACHTIO_HOST: ['drachtio', 'host'],
  DRACHTIO_PORT: ['drachtio', 'port'],
  DRACHTIO_SECRET: ['drachtio', 'secret'],
  HOLDFAST_ADMIN_PORT: ['engine', 'adminPort'],
};
