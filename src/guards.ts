/**
 * guards: builds what keeps others out, and plugs it into engine, passwords, calls and HTTP. A part of main, for its length.
 */
import type { TollPort } from '#calls/ports.js';
import { route } from '#core/dial-plan.js';
import type { DoorOptions, Doorway } from '#engine/doorway.js';
import type { TurnedAwayCounts } from '#engine/turned-away.js';
import { AskRate } from '#guard/ask-rate.js';
import { Door } from '#guard/door.js';
import { PasswordWatch } from '#guard/password-watch.js';
import { Toll } from '#guard/toll.js';
import type { GuardBook } from '#http/guard-routes.js';
import type { Clock } from '#kit/clock.js';
import type { Config } from '#kit/config.js';
import type { Logger } from '#kit/log.js';
import { Trunks } from '#registrar/trunks.js';
import type { Screen } from '#signaling/screen.js';
import type { Reloadable } from './reload.js';

type EngineDoor = Pick<Doorway, 'ban' | 'lift' | 'welcome' | 'configure'>;

export type Guards = Readonly<{
  reloadable: Reloadable;
  watch: PasswordWatch;
  toll: TollPort;
  /** Of HTTP. */
  rate: AskRate;
  /** What the embedded engine is told. */
  doorOf: (config: Config) => DoorOptions;
  /** Where the engine is another's: asked by signaling, which cannot stay silent but can refuse. */
  screen: Screen | undefined;
  /** The engine has a door of its own; main ties the knot, because it starts later. */
  plugInto: (door: EngineDoor, turnedAway: () => TurnedAwayCounts) => void;
  /** What the API shows of all that. */
  book: GuardBook;
}>;

/** @throws ConfigError when a network of guards.yaml, or a source of trunks.yaml, cannot be read. */
export function buildGuards(config: Config, clock: Clock, log: Logger): Guards {
  const trunks = sourcesOf(config);
  let door = new Door(config.guards, trunks, clock);
  let current = config;
  let engine: EngineDoor | undefined;
  let turnedAway: () => TurnedAwayCounts = () => ({});
  const watch = new PasswordWatch(config.guards, trunks, {
    clock,
    ban: (source, seconds) => {
      door.ban(source, seconds);
      engine?.ban(source, seconds);
    },
    lift: (source) => {
      door.lift(source);
      engine?.lift(source);
    },
    welcome: (source, port) => {
      door.welcome(source, port);
      engine?.welcome(source, port);
    },
    tell: (facts, text) => log.warn(facts, text),
  });
  const toll = new Toll(config.guards.calls, clock);
  const rate = rateOf(config, clock);
  const reloadable: Reloadable = {
    keys: ['guards.addresses', 'guards.scanners', 'guards.bans', 'guards.rates', 'guards.calls', 'trunks'],
    prepare: (next) => {
      const sources = sourcesOf(next);
      const newDoor = new Door(next.guards, sources, clock, door);
      return () => {
        current = next;
        door = newDoor.takesOver();
        engine?.configure({ config: doorConfig(next), trunks: sources });
        watch.configure(next.guards, sources);
        rate.configure(next.guards.rates.http, next.guards.addresses.trusted, next.guards.rates.remembered);
        toll.configure(next.guards.calls);
      };
    },
  };
  return {
    reloadable,
    watch,
    rate,
    toll: tollPort(toll, () => current, log),
    doorOf: (current) => ({ config: doorConfig(current), trunks: sourcesOf(current) }),
    screen: config.drachtio.host === '' ? undefined : (knock) => door.judge(knock),
    plugInto: (plugged, counts) => {
      engine = plugged;
      turnedAway = counts;
    },
    book: {
      bans: () => watch.bans(),
      lift: (source) => watch.lift(source),
      banned: () => watch.counts,
      turnedAway: () => Object.entries(turnedAway()),
    },
  };
}

const rateOf = ({ guards: { addresses, rates } }: Config, clock: Clock): AskRate =>
  new AskRate(rates.http, addresses.trusted, rates.remembered, clock);

function tollPort(toll: Toll, config: () => Config, log: Logger): TollPort {
  const trunkOf = (number: string): string | undefined => {
    // Only numbers that go over a trunk are asked about, so none is an account's.
    const planned = route(number, new Set(), config().trunks);
    return planned.kind === 'trunk' ? planned.name : undefined;
  };
  return {
    mayDial: ({ payer, outside }) => toll.mayDial(payer, outside),
    admit: ({ callId, payer, outside, from }) => {
      const over = outside.map((number) => ({ number, trunk: trunkOf(number) ?? '' }));
      try {
        toll.admit({ callId, payer, outside: over, from });
      } catch (error) {
        log.warn(
          { payer, trunks: over.map(({ trunk }) => trunk), why: error instanceof Error ? error.message : '' },
          'call refused',
        );
        throw error;
      }
    },
    goesOn: ({ callId, payer, outside, from, sinceMs }) => {
      const over = outside.map((number) => ({ number, trunk: trunkOf(number) ?? '' }));
      toll.goesOn({ callId, payer, outside: over, from }, sinceMs);
    },
    ended: (callId) => toll.ended(callId),
  };
}

/** Only what it needs: the rest of the configuration has no business on the engine's thread. */
function doorConfig({ guards: { addresses, scanners, bans, rates } }: Config): DoorOptions['config'] {
  return { addresses, scanners, bans, rates };
}

/** @throws ConfigError naming trunks.yaml. */
const sourcesOf = ({ trunks }: Config): readonly string[] => new Trunks(trunks).sources;
