/**
 * conference-table: a conference without sockets, whose members each say a tone of their own; a frame at a time, as fast as a test likes.
 */
import { Conference } from '#conference/conference.js';
import { FRAME_MS, FRAME_SAMPLES, type Pcm } from '#conference/frame.js';
import { encode, PCMU } from '#conference/g711.js';
import type { Member } from '#conference/member.js';

/** Goertzel's filter: the amplitude of one frequency, in units of a 16-bit sample. Multiples of 50 Hz do not disturb each other. */
export function amplitude(samples: ArrayLike<number>, hertz: number): number {
  const coefficient = 2 * Math.cos((2 * Math.PI * hertz) / 8000);
  let one = 0;
  let two = 0;
  for (let index = 0; index < samples.length; index++) {
    const next = (samples[index] ?? 0) + coefficient * one - two;
    two = one;
    one = next;
  }
  return (2 * Math.sqrt(Math.max(0, one * one + two * two - coefficient * one * two))) / samples.length;
}

export function tone(hertz: number, length: number, loud = 8000, from = 0): Pcm {
  return Int16Array.from({ length }, (_, index) => Math.round(loud * Math.sin((2 * Math.PI * hertz * (from + index)) / 8000)));
}

/** The largest step from one sample to the next: a click is a large one. */
export function steepest(samples: Pcm): number {
  return samples.reduce(
    (most, sample, index) => (index === 0 ? 0 : Math.max(most, Math.abs(sample - (samples[index - 1] ?? 0)))),
    0,
  );
}

const LOUD = 1000;

export class Table {
  readonly conference: Conference;
  /** Everything each member heard since `forget`. */
  readonly #heard = new Map<string, number[]>();
  readonly #voices = new Map<string, { hertz: number; member: Member; loud: number; timestamp: number; ssrc: number }>();
  #nowMs = 0;

  constructor(limits = { members: 16, announcements: 2 }) {
    this.conference = new Conference(limits);
  }

  sit(id: string, hertz: number, options: Readonly<{ holdMusic?: Pcm; loud?: number }> = {}): void {
    const member = this.conference.join(id, options.holdMusic);
    const ssrc = this.#voices.size + 1;
    this.#voices.set(id, { hertz, member, loud: options.loud ?? 8000, timestamp: ssrc * 1_000_000, ssrc });
  }

  /** Everybody says `frames` more frames, and hears as many. */
  run(frames: number): void {
    for (let frame = 0; frame < frames; frame++) {
      this.#nowMs += FRAME_MS;
      for (const voice of this.#voices.values()) {
        const payload = Buffer.alloc(FRAME_SAMPLES);
        encode(PCMU, tone(voice.hertz, FRAME_SAMPLES, voice.loud, voice.timestamp), payload);
        voice.member.receive(
          { payloadType: PCMU, sequence: 0, timestamp: voice.timestamp, ssrc: voice.ssrc, payload },
          this.#nowMs,
        );
        voice.timestamp += FRAME_SAMPLES;
      }
      this.conference.tick((member, heard) => {
        const all = this.#heard.get(member.id) ?? [];
        all.push(...heard);
        this.#heard.set(member.id, all);
      });
    }
  }

  forget(): void {
    this.#heard.clear();
  }

  heardBy(id: string): Pcm {
    return Int16Array.from(this.#heard.get(id) ?? []);
  }

  /** Whom this member hears now, in the order they sat down: a change is given two frames, then five are looked at. */
  whom(id: string): string[] {
    return this.with(id, ...[...this.#voices.values()].map(({ hertz }) => hertz)).map(
      (hertz) => [...this.#voices].find(([, voice]) => voice.hertz === hertz)?.[0] ?? '',
    );
  }

  /** Which of these tones the member hears now. */
  with(id: string, ...candidates: readonly number[]): number[] {
    this.run(2);
    this.forget();
    this.run(5);
    const heard = this.heardBy(id);
    return candidates.filter((hertz) => amplitude(heard, hertz) > LOUD);
  }
}
