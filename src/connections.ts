/**
 * connections: builds what connects parties of calls with somebody else: transfers, parking, forwarding, messages. A part of main, for
 * its length.
 */
import { Announcer } from '#calls/announcer.js';
import type { CallService } from '#calls/call-service.js';
import { DialogMoves } from '#calls/dialog-moves.js';
import type { EventBus } from '#calls/event-bus.js';
import { Parking, type ParkingCodes, type ParkKeeper } from '#calls/parking.js';
import type { BindingsPort, MediaPort, SignalingPort } from '#calls/ports.js';
import { ReachCommands } from '#calls/reach-commands.js';
import { Retrievals } from '#calls/retrievals.js';
import { TransferService } from '#calls/transfer-service.js';
import type { Clock } from '#kit/clock.js';
import type { Logger } from '#kit/log.js';
import { Messages } from '#signaling/send-message.js';
import type { Srf } from '#signaling/srf.js';

export type Connections = Readonly<{
  transfers: TransferService;
  moves: DialogMoves;
  parking: Parking;
  reach: ReachCommands;
  close: () => void;
}>;

type Deps = Readonly<{
  calls: CallService;
  srf: Srf;
  bindings: BindingsPort;
  signaling: SignalingPort;
  media: MediaPort;
  bus: EventBus;
  clock: Clock;
  log: Logger;
  park: ParkingCodes;
  /** Absent: a restart empties every slot. */
  slots?: ParkKeeper | undefined;
}>;

export function buildConnections({ calls, srf, bindings, signaling, media, bus, clock, log, park, slots }: Deps): Connections {
  const parking = new Parking(park, clock, slots);
  const announcer = new Announcer({ signaling, media, clock, log: log.child({ room: 'announcer' }) });
  const moves = new DialogMoves({ calls, signaling, parking, announcer });
  const retrievals = new Retrievals({ calls, bindings, signaling, parking, bus });
  const transfers = new TransferService({
    calls,
    bindings,
    signaling,
    bus,
    parking,
    moves,
    announcer,
    retrievals,
    log: log.child({ room: 'transfers' }),
  });
  calls.transferBy(transfers);
  const messages = new Messages({ srf, clock });
  const reach = new ReachCommands({ calls, bindings, signaling, retrievals, messages });
  const close = (): void => {
    retrievals.close();
    transfers.close();
    announcer.close();
  };
  return { transfers, moves, parking, reach, close };
}
