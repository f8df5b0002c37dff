/**
 * mp3: a finished WAV of ours → MP3, by ffmpeg. Nobody else's file gets here.
 */
import { spawn } from 'node:child_process';
import { rename, rm } from 'node:fs/promises';
import type { Clock } from '#kit/clock.js';

export type Mp3Job = Readonly<{ ffmpeg: string | undefined; wav: string; mp3: string; clock: Clock; signal: AbortSignal }>;

const MOST_MS = 600_000;

/** @returns what went wrong, in a few words; the MP3 is there whole, or not at all. @param job its `signal` gives it up. */
export async function makeMp3({ ffmpeg, wav, mp3, clock, signal }: Mp3Job): Promise<string | undefined> {
  if (ffmpeg === undefined) return 'ffmpeg is not installed';
  const part = `${mp3}.part`;
  const source = ['-protocol_whitelist', 'file,pipe', '-i', `file:${wav}`];
  const result = ['-c:a', 'libmp3lame', '-q:a', '4', '-joint_stereo', '0', '-f', 'mp3', `file:${part}`];
  if (signal.aborted) return 'the program ended before it was made MP3';
  const child = spawn(ffmpeg, ['-v', 'error', '-nostdin', '-y', ...source, ...result], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const giveUp = (): void => void child.kill('SIGKILL');
  signal.addEventListener('abort', giveUp);
  const deadline = clock.after('mp3', MOST_MS, () => child.kill('SIGKILL'));
  const problem = await new Promise<string | undefined>((resolve) => {
    let words = '';
    child.stderr.on('data', (chunk: Buffer) => (words = (words + chunk.toString()).slice(-500)));
    child.on('error', (error) => resolve(`ffmpeg could not be started: ${error.message}`));
    child.on('close', (code) => resolve(code === 0 ? undefined : `ffmpeg ended with ${code}: ${words.trim()}`));
  });
  deadline.cancel();
  signal.removeEventListener('abort', giveUp);
  if (problem === undefined) await rename(part, mp3);
  else await rm(part, { force: true });
  return problem;
}
