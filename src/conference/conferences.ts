/**
 * conferences: the owner of all conferences of one thread: their members' doors, the sounds they may hear, and the tick that drives
 * them. Says no with AppErrors.
 */
import type { Clock } from '#kit/clock.js';
import { assertNever } from '#kit/errors.js';
import { Conference } from './conference.js';
import { Door, type DoorStats } from './door.js';
import type { Pcm } from './frame.js';
import type { Limits } from './limits.js';
import type { HoldTerms, Member } from './member.js';
import type { Answer, Command, ConferenceStats, HoldOptions, JoinOptions, MemberPort } from './messages.js';
import { conferenceExists, conferenceNotFound, full, soundNotFound } from './refusals.js';
import { Ticker, type TickerParts } from './ticker.js';

type Room = Readonly<{ conference: Conference; doors: Map<string, Door>; opening: Map<string, Promise<MemberPort>> }>;

export type ConferencesParts = Readonly<{ address: string; clock: Clock; limits: Limits }> &
  Pick<TickerParts, 'nowMs' | 'afterReading'>;

export class Conferences {
  readonly #parts: ConferencesParts;
  readonly #rooms = new Map<string, Room>();
  readonly #sounds = new Map<string, Pcm>();
  readonly #ticker: Ticker;

  constructor(parts: ConferencesParts) {
    this.#parts = parts;
    this.#ticker = new Ticker({ ...parts, tick: () => this.#tick(), skip: (ticks) => this.#skip(ticks) });
  }

  stop(): void {
    this.#ticker.stop();
    for (const id of [...this.#rooms.keys()]) this.#end(id);
  }

  execute(command: Command): Answer | Promise<Answer> {
    if (command.kind === 'load') return this.#load(command.name, command.samples);
    if (command.kind === 'create') return this.#create(command.conference);
    if (command.kind === 'end') return this.#end(command.conference);
    const room = this.#rooms.get(command.conference);
    if (room === undefined) throw conferenceNotFound(command.conference);
    const { conference } = room;
    switch (command.kind) {
      case 'join':
        return this.#join(command.conference, room, command.member, command.options);
      case 'stats':
        return this.#stats(room);
      case 'leave':
        return void conference.leave(command.member);
      case 'mute':
        return void conference.mute(command.member, command.muted);
      case 'hold':
        return void conference.hold(command.member, this.#terms(command.options));
      case 'resume':
        return void conference.resume(command.member);
      case 'hear':
        return void conference.hear(command.matrix);
      case 'play':
        return void conference.play(command.sound, this.#sound(command.sound), command.options);
      case 'stop-sound':
        return void conference.stop(command.sound);
      default:
        return assertNever(command);
    }
  }

  /** A sound that is loaded again is another sound from its next beginning on. */
  #load(name: string, samples: Pcm): undefined {
    const { sounds, soundSamples } = this.#parts.limits;
    if (!this.#sounds.has(name) && this.#sounds.size >= sounds) throw full('sounds');
    if (samples.length > soundSamples) throw full('samples in a sound');
    this.#sounds.set(name, samples);
  }

  #create(id: string): undefined {
    if (this.#rooms.has(id)) throw conferenceExists(id);
    if (this.#rooms.size >= this.#parts.limits.conferences) throw full('conferences');
    this.#rooms.set(id, { conference: new Conference(this.#parts.limits), doors: new Map(), opening: new Map() });
    this.#ticker.start(); // with no conference nothing ticks
  }

  /** Ending what has ended is no mistake. */
  #end(id: string): undefined {
    for (const door of this.#rooms.get(id)?.doors.values() ?? []) door.close();
    this.#rooms.delete(id);
    if (this.#rooms.size === 0) this.#ticker.stop();
  }

  /** Joining twice is joining once: the second time only says where the member is now. */
  #join(id: string, room: Room, member: string, options: JoinOptions): MemberPort | Promise<MemberPort> {
    const door = room.doors.get(member);
    if (door !== undefined && room.conference.has(member)) {
      if (options.rtpFrom !== undefined) door.aim(options.rtpFrom);
      return { address: door.address, port: door.port };
    }
    const already = room.opening.get(member);
    if (already !== undefined) return already;
    const opened = this.#open(id, room, member, options).finally(() => room.opening.delete(member));
    room.opening.set(member, opened);
    return opened;
  }

  async #open(id: string, room: Room, member: string, options: JoinOptions): Promise<MemberPort> {
    const { address, limits, nowMs } = this.#parts;
    const holdMusic = options.holdMusic === undefined ? undefined : this.#sound(options.holdMusic);
    if (this.#everybody() >= limits.allMembers) throw full('members');
    if (room.conference.size + room.opening.size >= limits.members) throw full('members');
    let receive: Member['receive'] = () => undefined;
    const door = await Door.open({ address, ...options }, (packet) => receive(packet, nowMs()));
    // The conference may have ended, and even begun anew, while the port was opened.
    if (this.#rooms.get(id) !== room) {
      door.close();
      throw conferenceNotFound(id);
    }
    room.doors.get(member)?.close(); // of one that is still fading out under the same name
    const joined = room.conference.join(member, holdMusic);
    receive = (packet, atMs) => joined.receive(packet, atMs);
    room.doors.set(member, door);
    return { address: door.address, port: door.port };
  }

  #everybody(): number {
    let count = 0;
    for (const { doors, opening } of this.#rooms.values()) count += doors.size + opening.size;
    return count;
  }

  #sound(name: string): Pcm {
    const sound = this.#sounds.get(name);
    if (sound === undefined) throw soundNotFound(name);
    return sound;
  }

  #terms({ othersHear = 'music', itHears }: HoldOptions): HoldTerms {
    return itHears === undefined ? { othersHear } : { othersHear, itHears: this.#sound(itHears) };
  }

  #stats({ conference, doors }: Room): ConferenceStats {
    const none: DoorStats = { sent: 0, strangers: 0, failed: 0 };
    const members = Object.entries(conference.stats()).map(([id, stats]) => [
      id,
      { ...stats, ...(doors.get(id)?.stats ?? none) },
    ]);
    return { members: Object.fromEntries(members) as ConferenceStats['members'], ticker: this.#ticker.stats };
  }

  #tick(): void {
    for (const { conference, doors } of this.#rooms.values()) {
      conference.tick((member, heard) => {
        const door = doors.get(member.id);
        door?.send(heard);
        if (!member.gone) return;
        door?.close();
        doors.delete(member.id);
      });
    }
  }

  #skip(ticks: number): void {
    for (const { doors } of this.#rooms.values()) for (const door of doors.values()) door.pass(ticks);
  }
}
