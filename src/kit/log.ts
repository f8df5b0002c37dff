/**
 * log: the root logger. One child per call and leg binds the ids once; secrets, digests and SDP bodies are never shown at info.
 */
import { pino, type Logger as PinoLogger, type DestinationStream } from 'pino';

export type Logger = PinoLogger;

const SECRET_PATHS = [
  'password',
  '*.password',
  'secret',
  '*.secret',
  'token',
  '*.token',
  'ha1',
  '*.ha1',
  'authorization',
  '*.authorization',
  'headers.authorization',
  'req.headers.authorization',
  'proxyAuthorization',
];

/** @param level pino level name; the environment's HOLDFAST_LOG wins in main. */
export function createLogger(level: string, destination?: DestinationStream): Logger {
  const options = {
    level,
    base: null,
    redact: { paths: SECRET_PATHS, censor: '[secret]' },
    timestamp: pino.stdTimeFunctions.isoTime,
  };
  return destination === undefined ? pino(options) : pino(options, destination);
}
