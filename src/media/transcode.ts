/**
 * transcode: whatever ffmpeg reads → a Matroska file of ours, as a stream: an hour of music passes through little memory. A user's file
 * comes no further than this: some formats would bring rtpengine down (Vorbis), others play as silence (FLAC).
 */
import { spawn, type ChildProcessByStdio } from 'node:child_process';
import type { Readable } from 'node:stream';
import type { Clock } from '#kit/clock.js';
import { SAMPLE_RATE } from './matroska.js';
import { MatroskaFile } from './matroska-file.js';

/** `cut`: there was more of it than the limit allows. */
export type Transcoded = Readonly<{ ms: number; cut: boolean }> | Readonly<{ problem: string }>;

export type Transcoding = Readonly<{
  /** Undefined: not installed. */
  ffmpeg: string | undefined;
  input: string;
  output: string;
  maxSeconds: number;
  clock: Clock;
}>;

const TRANSCODE_MS = 300_000;
const LEAST_MS = 100;
/** What is softer than this at its loudest would be taken for a dead line (about -54 dB). */
const AUDIBLE = 64;
const BYTES_PER_SECOND = SAMPLE_RATE * 2;

/** Of ffmpeg's words for what a file may be. */
const FORMATS = [
  ...['wav', 'w64', 'aiff', 'au', 'caf', 'flac', 'mp3', 'ogg', 'aac', 'ac3', 'amr', 'gsm', 'g722'],
  ...['mov', 'mp4', 'm4a', 'matroska', 'webm', 'asf', 'avi', 'mpeg', 'mpegts'],
];

export async function transcode(job: Transcoding): Promise<Transcoded> {
  const { ffmpeg, input, output, maxSeconds, clock } = job;
  if (ffmpeg === undefined) return { problem: 'ffmpeg is not installed' };
  const file = await MatroskaFile.create(output);
  const child = spawn(ffmpeg, argumentsFor(input, maxSeconds), { stdio: ['ignore', 'pipe', 'pipe'] });
  const deadline = clock.after(`ffmpeg ${input}`, TRANSCODE_MS, () => child.kill('SIGKILL'));
  try {
    const ended = endOf(child);
    const { audible, cut } = await copy(child.stdout, file, maxSeconds * BYTES_PER_SECOND);
    const problem = (await ended) ?? (file.ms < LEAST_MS ? 'it has no audio' : audible ? undefined : 'it is silent');
    if (problem === undefined) await file.finish();
    return problem === undefined ? { ms: file.ms, cut } : { problem };
  } finally {
    deadline.cancel();
    child.kill('SIGKILL');
    await file.discard();
  }
}

function argumentsFor(input: string, maxSeconds: number): string[] {
  // A playlist must not make us fetch addresses, nor read other files of this machine: formats that name others are not among these.
  const source = [
    '-protocol_whitelist',
    'file,pipe',
    '-format_whitelist',
    FORMATS.join(),
    '-i',
    `file:${input}`,
    '-map',
    '0:a:0',
    '-t',
    String(maxSeconds + 1),
  ];
  return ['-v', 'error', '-nostdin', ...source, '-ac', '1', '-ar', String(SAMPLE_RATE), '-f', 's16le', 'pipe:1'];
}

/** Everything up to the limit; what is beyond is read and thrown away, so that ffmpeg ends by itself. */
async function copy(source: Readable, file: MatroskaFile, limit: number): Promise<{ audible: boolean; cut: boolean }> {
  let taken = 0;
  let audible = false;
  let cut = false;
  for await (const chunk of source as AsyncIterable<Buffer>) {
    const fits = chunk.subarray(0, Math.max(0, limit - taken));
    cut ||= fits.length < chunk.length;
    taken += fits.length;
    audible ||= isAudible(fits, (taken - fits.length) % 2);
    await file.write(fits);
  }
  return { audible, cut };
}

/** @param first byte of a whole sample: chunks may part one. */
function isAudible(pcm: Buffer, first: number): boolean {
  for (let at = first; at + 1 < pcm.length; at += 2) if (Math.abs(pcm.readInt16LE(at)) >= AUDIBLE) return true;
  return false;
}

/** @returns what went wrong, in a few words. */
function endOf(child: ChildProcessByStdio<null, Readable, Readable>): Promise<string | undefined> {
  return new Promise((resolve) => {
    let words = '';
    child.stderr.on('data', (chunk: Buffer) => (words = (words + chunk.toString()).slice(0, 2000)));
    child.on('error', (error) => resolve(`ffmpeg could not be started: ${error.message}`));
    child.on('close', (code) => resolve(code === 0 ? undefined : `ffmpeg cannot read it${lastLine(words)}`));
  });
}

/** ffmpeg names its input first; the reason stands behind it. */
function lastLine(words: string): string {
  const line = words.split('\n').findLast((one) => one.trim() !== '');
  const reason = line?.trim().replace(/^(Error opening input: |file:[^\0]*: )/, '');
  return reason === undefined ? '' : `: ${reason.slice(0, 200)}`;
}
