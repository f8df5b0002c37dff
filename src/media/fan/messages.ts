/**
 * messages: what is said between the thread that owns the calls and the one that copies music; types only. Each command has one answer.
 */
import type { SocketAddress } from '#calls/ports.js';

export type Command =
  /** A stream with this name. Answered with the port that its packets are to be sent to. */
  | Readonly<{ kind: 'open'; stream: string; address: string }>
  /** What comes to the stream's port from elsewhere is not its music. */
  | Readonly<{ kind: 'feed'; stream: string; from: SocketAddress }>
  | Readonly<{ kind: 'close'; stream: string }>
  /**
   * From now on this listener is sent every packet of the stream, so many as one, from the port of rtpengine's that it talks to; from another
   * one if it sat.
   */
  | Readonly<{ kind: 'sit'; stream: string; seat: string; from: SocketAddress; to: SocketAddress; joined: number }>
  /** From the next whole packet on so many are sent to it as one. */
  | Readonly<{ kind: 'pack'; seat: string; joined: number }>
  /** The listener is somewhere else now. */
  | Readonly<{ kind: 'move'; seat: string; to: SocketAddress }>
  /** Answered when nothing more is sent. */
  | Readonly<{ kind: 'leave'; seat: string }>
  /** Answered with the packets sent to this listener. */
  | Readonly<{ kind: 'count'; seat: string }>;

/** A port, a count, or nothing. */
export type Answer = number | undefined;

/** What nobody asked for. */
export type News =
  /** No packet of it has come for some time, and somebody listens. */
  | Readonly<{ kind: 'silent'; stream: string }>
  /** This seat is no more. */
  | Readonly<{ kind: 'lost'; seat: string; why: string }>;

/** What was asked in one turn, in its order. It is ended from outside. */
export type ToWorker = readonly Readonly<{ id: number; command: Command }>[];

/** What was said in one turn, in its order. */
export type FromWorker = readonly Word[];

export type Word =
  | Readonly<{ kind: 'started' }>
  /** Ports cannot be borrowed on this machine. */
  | Readonly<{ kind: 'unfit'; why: string }>
  | Readonly<{ kind: 'answer'; id: number; answer: Answer }>
  | Readonly<{ kind: 'refusal'; id: number; why: string }>
  | News;
