/**
 * log: the root logger. One child per call and leg binds the ids once; secrets, digests and SDP bodies are never shown at info.
 */
import { pino, type Logger as PinoLogger, type DestinationStream } from 'pino';
import { LogOutput } from './log-output.js';

export type Logger = PinoLogger;

const SECRETS: readonly string[] = ['password', 'secret', 'token', 'ha1', 'authorization', 'proxyAuthorization'];
const CENSOR = '[secret]';
/** So many levels inside of what is said are looked at. */
const DEPTH = 2;

/** @param level pino level name; the environment's HOLDFAST_LOG wins in main. @param destination standard output, when absent. */
export function createLogger(level: string, destination?: DestinationStream): Logger {
  const hide = (said: object): Record<string, unknown> => withoutSecrets(said, DEPTH);
  const options = {
    level,
    base: null,
    // What a child is bound to: ids and names of rooms. pino looks at its own keys only.
    redact: { paths: [...SECRETS], censor: CENSOR },
    formatters: { log: hide },
    serializers: { err: (error: unknown) => (error instanceof Error ? hide(pino.stdSerializers.err(error)) : error) },
    timestamp: pino.stdTimeFunctions.isoTime,
  };
  return pino(options, destination ?? (standardOutput ??= new LogOutput()));
}

/**
 * pino's own way of saying this (`*.password`) copies every word of every line, which was an eighth of all memory that a call needs for a moment.
 */
function withoutSecrets(said: object, depth: number): Record<string, unknown> {
  const all = said as Record<string, unknown>;
  let safe: Record<string, unknown> | undefined;
  for (const key of Object.keys(all)) {
    const value = all[key];
    if (key === 'err' && value instanceof Error) continue; // its serializer hides what is in it
    const shown = SECRETS.includes(key) ? CENSOR : shownInside(value, depth);
    if (shown === value) continue;
    safe ??= { ...all };
    safe[key] = shown;
  }
  return safe ?? all;
}

function shownInside(value: unknown, depth: number): unknown {
  if (depth === 0 || typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  return withoutSecrets(value instanceof Error ? pino.stdSerializers.err(value) : value, depth - 1);
}

let standardOutput: LogOutput | undefined;

/** Ends the process, with every line written, or without those that nobody takes. */
export async function leave(code: number): Promise<void> {
  await standardOutput?.written();
  process.exit(code);
}
