/**
 * keeper-plug: loads who keeps dialogs, by the name of its module: an engine thread cannot be handed an object, and the engine itself
 * knows only the port.
 */
import type { Clock } from '#kit/clock.js';
import type { Logger } from '#kit/log.js';
import type { EngineKeeper, KeeperModule } from './dialog/keeper.js';
import type { KeeperPlug } from './options.js';

/** @throws AppError when the folder cannot be used. */
export async function openKeeper(plug: KeeperPlug | undefined, clock: Clock, log: Logger): Promise<EngineKeeper | undefined> {
  if (plug === undefined) return undefined;
  const module = (await import(plug.module)) as KeeperModule;
  return module.openKeeper(plug, clock, log);
}
