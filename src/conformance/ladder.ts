/**
 * ladder: everything a phone sent and received, in order, and the picture that people draw of it.
 */
import type { Sip } from './phone/sip-text.js';

export type Rung = Readonly<{
  atMs: number;
  phone: string;
  /** `lost`: the phone sent it and the kit lost it on purpose. */
  way: 'in' | 'out' | 'lost';
  /** A retransmission that the transaction layer of the phone dealt with. */
  again: boolean;
  message: Sip;
}>;

const MOST = 3000;

export class Ladder {
  readonly rungs: Rung[] = [];
  /** What the case did beside SIP: API calls, notes. */
  readonly notes: { atMs: number; text: string }[] = [];

  add(rung: Rung): void {
    if (this.rungs.length < MOST) this.rungs.push(rung);
  }

  note(atMs: number, text: string): void {
    if (this.notes.length < MOST) this.notes.push({ atMs, text });
  }

  /** One line for each message, the target in the middle. */
  lines(): readonly string[] {
    const startMs = Math.min(...this.rungs.map(({ atMs }) => atMs), ...this.notes.map(({ atMs }) => atMs));
    const said = [
      ...this.rungs.map((rung) => ({ atMs: rung.atMs, text: drawn(rung) })),
      ...this.notes.map(({ atMs, text }) => ({ atMs, text: `· ${text}` })),
    ];
    said.sort((a, b) => a.atMs - b.atMs);
    return said.map(({ atMs, text }) => `${String(atMs - startMs).padStart(6)} ms  ${text}`);
  }
}

function drawn({ phone, way, again, message }: Rung): string {
  const arrow = way === 'in' ? '<──' : way === 'out' ? '──>' : '──x';
  const direction = /^a=(sendrecv|sendonly|recvonly|inactive)/m.exec(message.body)?.[1];
  const words = message.status === 0 ? message.what : message.line.slice(8);
  const cseq = message.headers.get('cseq') ?? '';
  const sdp = message.body === '' ? '' : `  [${direction ?? 'no direction'}]`;
  return `${phone} ${arrow} target  ${words}  (${cseq})${sdp}${again ? '  again' : ''}`;
}
