/**
 * session: one connected application on the link. Frames out are gathered into one write a turn of the loop; two notices of one
 * dialog never share a write, so that the application's promises run between them (drachtio-wire-protocol section 10 item 6).
 */
import type { Socket } from 'node:net';
import { FrameReader, writeFrame } from '../engine/link/frame.js';
import { word } from '#kit/ids.js';

const MOST_UNSENT_BYTES = 64 * 1024 * 1024;

export type SessionUser = Readonly<{
  payload: (session: Session, payload: string) => void;
  closed: (session: Session, why: string) => void;
}>;

export class Session {
  authenticated = false;
  readonly #socket: Socket;
  readonly #reader = new FrameReader();
  readonly #user: SessionUser;
  #waiting: { text: string; dialogId: string }[] = [];
  #flushing = false;
  #closed = false;

  constructor(socket: Socket, user: SessionUser) {
    this.#socket = socket;
    this.#user = user;
    socket.setNoDelay(true);
    socket.on('data', (data) => this.#receive(data.toString('latin1')));
    socket.on('error', () => undefined);
    socket.on('close', () => this.#end('the connection was closed'));
  }

  get open(): boolean {
    return !this.#closed;
  }

  /** A frame's own id. */
  newId(): string {
    return word(20);
  }

  /** Sends one frame; `dialogId` where it tells of a request in a dialog. */
  send(payload: string, dialogId = ''): void {
    if (this.#closed) return;
    this.#waiting.push({ text: writeFrame(payload), dialogId });
    if (this.#flushing) return;
    this.#flushing = true;
    setImmediate(() => this.#flush());
  }

  close(): void {
    this.#flush();
    this.#socket.end();
    this.#end('closed by us');
  }

  #flush(): void {
    this.#flushing = false;
    const frames = this.#waiting;
    const seen = new Set<string>();
    let text = '';
    let count = 0;
    for (const frame of frames) {
      if (frame.dialogId !== '' && seen.has(frame.dialogId)) break;
      seen.add(frame.dialogId);
      text += frame.text;
      count++;
    }
    this.#waiting = frames.slice(count);
    if (text !== '') this.#socket.write(text, 'latin1');
    if (this.#socket.writableLength > MOST_UNSENT_BYTES) this.#socket.destroy(new Error('the application does not read'));
    if (this.#waiting.length === 0 || this.#closed) return;
    this.#flushing = true;
    setImmediate(() => this.#flush());
  }

  #receive(chunk: string): void {
    const read = this.#reader.push(chunk);
    if (read.kind === 'bad') {
      this.#socket.destroy();
      return this.#end(read.why);
    }
    for (const payload of read.payloads) if (!this.#closed) this.#user.payload(this, payload);
  }

  #end(why: string): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#user.closed(this, why);
  }
}
