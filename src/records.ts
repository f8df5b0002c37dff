/**
 * records: builds what is kept of calls: their history and their recordings. A part of main, for its length.
 */
import type { CallService } from '#calls/call-service.js';
import type { EventBus } from '#calls/event-bus.js';
import { HistoryCommands } from '#calls/history-commands.js';
import { RecordCommands } from '#calls/record-commands.js';
import { CallHistory } from '#history/call-history.js';
import { HistoryFile } from '#history/history-file.js';
import type { HistoryKeeper } from '#history/history-keeper.js';
import type { RecordingsPort } from '#http/read-models.js';
import { RealClock, type Clock } from '#kit/clock.js';
import { MonotonicClock } from '#kit/monotonic-clock.js';
import type { Config } from '#kit/config.js';
import type { Logger } from '#kit/log.js';
import { findProgram } from '#media/find-program.js';
import type { Media } from '#media/media.js';
import { Recordings } from '#recordings/recordings.js';

export type RecordsDeps = Readonly<{
  config: Pick<Config, 'records' | 'addresses'>;
  media: Pick<Media, 'taps'>;
  calls: CallService;
  bus: EventBus;
  clock: Clock;
  log: Logger;
  /** Absent: kill -9 costs the last lines of the history. */
  keeper?: HistoryKeeper | undefined;
}>;

export type Records = Readonly<{
  rooms: Readonly<{ records: RecordCommands; history: HistoryCommands }>;
  recordings: RecordingsPort;
  /** Once no call is up any more. */
  close: () => Promise<void>;
}>;

export async function openRecords({ config, media, calls, bus, clock, log, keeper }: RecordsDeps): Promise<Records> {
  const { recordings: recorded, history: kept } = config.records;
  const file = new HistoryFile({ ...kept, clock, log: log.child({ room: 'history' }), keeper });
  const history = new CallHistory({
    bus,
    view: (id) => calls.view(id),
    maxCalls: kept.maxCalls,
    earlier: file.earlier,
    keeper,
    write: (record) => file.write(record),
  });
  const recordings = await Recordings.open({
    folder: recorded.folder,
    limits: recorded,
    taps: media.taps,
    address: config.addresses[0] ?? '127.0.0.1',
    publish: (event) => calls.publish(event),
    subscribe: (listener) => bus.subscribe(listener),
    ffmpeg: () => findProgram('ffmpeg'),
    clock,
    steady: clock instanceof RealClock ? new MonotonicClock() : clock,
    log: log.child({ room: 'recordings' }),
  });
  const rooms = { records: new RecordCommands((id) => calls.live(id), recordings), history: new HistoryCommands(history) };
  const close = async (): Promise<void> => {
    await recordings.close();
    history.close();
    await file.close();
  };
  return { rooms, recordings, close };
}
