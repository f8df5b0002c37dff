/**
 * log: the root logger. One child per call and leg binds the ids once; secrets, digests and SDP bodies are never shown at info.
 */
import { pino, type Logger as PinoLogger, type DestinationStream } from 'pino';
import { Backlog } from './log-backlog.js';

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
  return pino(options, destination ?? (standardOutput ??= gathered()));
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

/** A line is written so much later, or as soon as there are so many bytes; a kill -9 may cost them, an exit writes what is left. */
const GATHER_MS = 50;
const GATHER_BYTES = 8192;
/** What waits for a reader of standard output who does not read: more is dropped, and said when he reads again. */
const MOST_WAITING_BYTES = 4 << 20;

type Flushed = DestinationStream & Readonly<{ flushSync: () => void }>;

let standardOutput: Flushed | undefined;

/** Lines of many calls in one write: a write for each goes through a thread of its own and costs more than the line. */
function gathered(): Flushed {
  process.on('exit', () => {
    // Before pino's own writing of what is left, which would wait for that reader for ever.
    if (backlog?.isStuck === true) process.kill(process.pid, 'SIGKILL');
  });
  const { fd } = process.stdout;
  const stdout = pino.destination({ fd, sync: false, maxLength: MOST_WAITING_BYTES });
  const atOnce = pino.destination({ fd, sync: true });
  // A disk that is full, or a reader that is gone, costs lines and no calls.
  for (const out of [stdout, atOnce]) out.on('error', () => undefined);
  const waiting = new Backlog(stdout);
  backlog = waiting;
  let lines = '';
  let timer: NodeJS.Timeout | undefined;
  const taken = (): string => {
    clearTimeout(timer);
    timer = undefined;
    const said = lines;
    lines = '';
    return said;
  };
  const flush = (): void => waiting.write(taken());
  const flushSync = (): void => {
    if (waiting.isStuck) return flush(); // a write that waits would wait for ever
    try {
      const said = taken();
      if (said !== '') atOnce.write(said);
    } catch {
      return; // it cannot be written, and whoever ends must end
    }
  };
  process.on('exit', flushSync);
  return {
    write: (line: string) => {
      lines += line;
      if (lines.length >= GATHER_BYTES) flush();
      else timer ??= setTimeout(flush, GATHER_MS).unref();
    },
    // pino asks for it after a fatal line: nobody knows what comes after that.
    flushSync,
  };
}

let backlog: Backlog | undefined;

/** Ends the process, with every line written, or without those that nobody reads. */
export async function leave(code: number): Promise<void> {
  await backlog?.written();
  process.exit(code);
}
