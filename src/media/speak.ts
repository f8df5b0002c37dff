/**
 * speak: text → a WAV file, by espeak-ng. The text goes in by stdin and the rest as separate words: no shell ever reads it.
 */
import { spawn } from 'node:child_process';
import type { Clock } from '#kit/clock.js';
import { MediaFailed } from '#kit/errors.js';

export type Speech = Readonly<{
  /** Undefined: not installed. */
  espeak: string | undefined;
  text: string;
  /** As `espeak-ng --voices` has it. */
  voice: string;
  output: string;
  clock: Clock;
}>;

const SPEAK_MS = 20_000;
/** Its words for a voice that it has not, or whose files it has not. */
const NO_SUCH_VOICE = /voice does not exist|could not load the specified/i;

/** It speaks no such language, or has no such voice. */
export class VoiceUnknown extends MediaFailed {}

/** @throws MediaFailed, VoiceUnknown */
export async function speak({ espeak, text, voice, output, clock }: Speech): Promise<void> {
  if (espeak === undefined) throw new MediaFailed('espeak-ng is not installed, so texts cannot be spoken');
  const problem = await new Promise<string | undefined>((resolve) => {
    const child = spawn(espeak, ['-v', voice, '-w', output, '--stdin', '-b', '1'], { stdio: ['pipe', 'ignore', 'pipe'] });
    let words = '';
    const deadline = clock.after('espeak-ng', SPEAK_MS, () => child.kill('SIGKILL'));
    child.stderr.on('data', (chunk: Buffer) => (words = (words + chunk.toString()).slice(0, 500)));
    child.stdin.on('error', () => undefined); // it ended before it had read everything; its exit code says so
    child.on('error', (error) => {
      deadline.cancel();
      resolve(`it could not be started: ${error.message}`);
    });
    child.on('close', (code) => {
      deadline.cancel();
      resolve(code === 0 ? undefined : words.trim() || `it ended with ${code ?? 'a signal'}`);
    });
    child.stdin.end(`${text}\n`);
  });
  if (problem !== undefined && NO_SUCH_VOICE.test(problem))
    throw new VoiceUnknown(`espeak-ng has no voice ${JSON.stringify(voice)}`);
  if (problem !== undefined) throw new MediaFailed(`espeak-ng cannot speak this: ${problem.slice(0, 200)}`);
}
