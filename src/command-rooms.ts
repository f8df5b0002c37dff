/**
 * command-rooms: builds whoever obeys the commands that come over HTTP, and the conferences among them. A part of main, for its length.
 */
import { BulkCommands } from '#calls/bulk-commands.js';
import type { CallService } from '#calls/call-service.js';
import { CommandService } from '#calls/command-service.js';
import type { CommandPort } from '#calls/commands.js';
import { ConferenceAware } from '#calls/conference-aware.js';
import { ConferenceCommands } from '#calls/conference-commands.js';
import { ConferenceService } from '#calls/conference-service.js';
import type { EventBus } from '#calls/event-bus.js';
import { HoldMusicSounds } from '#calls/hold-music-sounds.js';
import { OpenOffers } from '#calls/open-offers.js';
import { SoundCommands } from '#calls/sound-commands.js';
import type { VirtualNumbers } from '#calls/virtual-numbers.js';
import type { VirtualPhones } from '#calls/virtual-phones.js';
import type { Clock } from '#kit/clock.js';
import type { Config } from '#kit/config.js';
import type { Logger } from '#kit/log.js';
import type { Media } from '#media/media.js';
import type { Closers } from './closers.js';
import type { Connections } from './connections.js';
import { LazyMixer } from './lazy-mixer.js';
import type { Records } from './records.js';

type Deps = Readonly<{
  config: Pick<Config, 'addresses'>;
  calls: CallService;
  parties: VirtualPhones;
  numbers: VirtualNumbers;
  connected: Connections;
  media: Media;
  records: Records;
  bus: EventBus;
  clock: Clock;
  closers: Closers;
  log: Logger;
}>;

export function buildCommands({
  config,
  calls,
  parties,
  numbers,
  connected,
  media,
  records,
  bus,
  clock,
  closers,
  log,
}: Deps): CommandPort {
  const { transfers, moves, parking } = connected;
  const mixer = new LazyMixer({ address: config.addresses[0], clock, log: log.child({ room: 'conference' }) });
  closers.add('mixer', () => mixer.stop());
  const conferences = new ConferenceService({
    calls,
    parties,
    moves,
    bindings: numbers,
    mixer: () => mixer.get(),
    sounds: new HoldMusicSounds((music) => media.samplesOf(music)),
    bus,
    clock,
    log: log.child({ room: 'conferences' }),
  });
  mixer.onLost(() => conferences.mixerLost());
  const rooms = {
    bulk: new BulkCommands({ execute: (command) => commands.execute(command), calls, clock, log }),
    sound: new SoundCommands({ calls, media: media.port, clock }),
    ...records.rooms,
    reach: connected.reach,
    conferences: new ConferenceCommands(conferences, numbers, (id) => calls.live(id)),
  };
  const ofCalls = new CommandService({
    rooms,
    calls,
    transfers,
    moves,
    signaling: parties,
    parking,
    bindings: numbers,
    media: media.port,
    clock,
  });
  // Whether a call has become a conference is asked after the wait: it may have become one meanwhile.
  const aware = new ConferenceAware(ofCalls, conferences, (id) => calls.view(id));
  const commands: CommandPort = new OpenOffers(aware, (id) => calls.live(id), clock);
  return commands;
}
