/**
 * log: the root logger. One child per call and leg binds the ids once; secrets, digests and SDP bodies are never shown at info.
 */
import { pino, type Logger as PinoLogger, type DestinationStream } from 'pino';

export type Logger = PinoLogger;

const SECRETS: readonly string[] = ['password', 'secret', 'token', 'ha1', 'authorization', 'proxyAuthorization'];
const CENSOR = '[secret]';

/** @param level pino level name; the environment's HOLDFAST_LOG wins in main. @param destination standard output, when absent. */
export function createLogger(level: string, destination?: DestinationStream): Logger {
  const options = {
    level,
    base: null,
    redact: { paths: [...SECRETS], censor: CENSOR },
    formatters: { log: withoutSecrets },
    serializers: { err: (error: unknown) => (error instanceof Error ? withoutSecrets(pino.stdSerializers.err(error)) : error) },
    timestamp: pino.stdTimeFunctions.isoTime,
  };
  return pino(options, destination ?? gathered());
}

/**
 * What stands inside of what is said. pino's own way of saying this (`*.password`) copies every word of every line, which was a fifth of all
 * memory that a call needs for a moment.
 */
function withoutSecrets(said: object, depth = 2): Record<string, unknown> {
  const all = said as Record<string, unknown>;
  let safe: Record<string, unknown> | undefined;
  for (const key of Object.keys(all)) {
    const value = all[key];
    const shown = SECRETS.includes(key) ? CENSOR : shownInside(value, depth);
    if (shown === value) continue;
    safe ??= { ...all };
    safe[key] = shown;
  }
  return safe ?? all;
}

/** An error has a serializer of its own. */
const shownInside = (value: unknown, depth: number): unknown =>
  depth > 0 && typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Error)
    ? withoutSecrets(value, depth - 1)
    : value;

/** A line is written so much later at most, and a kill -9 may cost so much of the story; an exit writes what is left. */
const GATHER_MS = 50;
const GATHER_BYTES = 8192;

/** Lines of many calls in one write: a write for each goes through a thread of its own and costs more than the line. */
function gathered(): DestinationStream {
  const stdout = pino.destination({ fd: process.stdout.fd, sync: false, minLength: GATHER_BYTES });
  let timer: NodeJS.Timeout | undefined;
  const flush = (): void => {
    timer = undefined;
    stdout.flush();
  };
  return {
    write: (line: string) => {
      stdout.write(line);
      timer ??= setTimeout(flush, GATHER_MS).unref();
    },
  };
}
