/**
 * decode-audio: whatever ffmpeg reads → samples as rtpengine should have them. A user's file comes no further than this:
 * some formats would bring rtpengine down (Vorbis), others play as silence (FLAC).
 */
import { spawn } from 'node:child_process';
import type { Clock } from '#kit/clock.js';
import { SAMPLE_RATE } from './matroska.js';

export type Decoded = Readonly<{ samples: Int16Array }> | Readonly<{ problem: string }>;

/** One music class is at most this long; a playlist of hours helps nobody on hold. */
export const LONGEST_SECONDS = 3600;
const DECODE_MS = 120_000;
/** What is softer than this at its loudest would be taken for a dead line (about -54 dB). */
const AUDIBLE = 64;

export async function decodeAudio(ffmpeg: string, file: string, clock: Clock): Promise<Decoded> {
  const { pcm, problem } = await runFfmpeg(ffmpeg, file, clock);
  if (problem !== undefined) return { problem };
  const samples = new Int16Array(Math.floor(pcm.length / 2));
  for (let at = 0; at < samples.length; at++) samples[at] = pcm.readInt16LE(at * 2);
  if (samples.length < SAMPLE_RATE / 10) return { problem: 'it has no audio' };
  if (samples.every((sample) => Math.abs(sample) < AUDIBLE)) return { problem: 'it is silent' };
  return { samples };
}

function runFfmpeg(ffmpeg: string, file: string, clock: Clock): Promise<{ pcm: Buffer; problem?: string }> {
  return new Promise((resolve) => {
    // A playlist in the folder must not make us fetch addresses, so ffmpeg may open files only.
    const input = ['-protocol_whitelist', 'file,pipe', '-i', `file:${file}`, '-map', '0:a:0', '-t', String(LONGEST_SECONDS)];
    const output = ['-ac', '1', '-ar', String(SAMPLE_RATE), '-f', 's16le', 'pipe:1'];
    const child = spawn(ffmpeg, ['-v', 'error', '-nostdin', ...input, ...output], { stdio: ['ignore', 'pipe', 'pipe'] });
    const chunks: Buffer[] = [];
    let words = '';
    const deadline = clock.after(`ffmpeg ${file}`, DECODE_MS, () => child.kill('SIGKILL'));
    const end = (problem?: string): void => {
      deadline.cancel();
      resolve(problem === undefined ? { pcm: Buffer.concat(chunks) } : { pcm: Buffer.alloc(0), problem });
    };
    child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk));
    child.stderr.on('data', (chunk: Buffer) => (words = (words + chunk.toString()).slice(0, 2000)));
    child.on('error', (error) => end(`ffmpeg could not be started: ${error.message}`));
    child.on('close', (code) => end(code === 0 ? undefined : `ffmpeg cannot read it${firstLine(words)}`));
  });
}

function firstLine(words: string): string {
  const line = words.split('\n').find((one) => one.trim() !== '');
  return line === undefined ? '' : `: ${line.trim().slice(0, 200)}`;
}
