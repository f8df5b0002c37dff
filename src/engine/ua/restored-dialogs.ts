/**
 * restored-dialogs: dialogs of the last life, up again before the first message can come: tags, route set, target, numbers. Those that
 * no application knows any more are ended. What rang then: restored-invites.ts.
 */
import type { DialogFacts } from '../dialog/dialog.js';
import type { DialogKeeper, KeptDialog } from '../dialog/keeper.js';
import { LiveDialog } from '../dialog/live-dialog.js';
import type { WheelTarget } from '../timer-wheel.js';
import { flowAgain } from '../transport/flow-again.js';
import { watchOrphans } from './app-loss.js';
import type { Core } from './core.js';
import { endDialog } from './engine-requests.js';

/**
 * What was kept may be older than the world by one batch, and a number must not be used twice. RFC 3261 §12.2.2: a gap is no error;
 * no dialog sends so many requests in one batch.
 */
const GAP = 1000;
/** §8.1.1.5. */
const LAST_CSEQ = 2 ** 31 - 1;

/** So many BYEs in one turn; two thousand at once would be an attack on our own phones. */
const ENDED_AT_ONCE = 50;
const PAUSE_MS = 40;

export class RestoredDialogs {
  readonly #core: Core;
  /** As drachtio calls them. What has ended meanwhile is not held here. */
  #ids: string[] = [];

  constructor(core: Core, keeper: DialogKeeper) {
    this.#core = core;
    for (const kept of keeper.left()) this.#restore(kept);
    if (this.#ids.length === 0) return;
    core.log.info({ dialogs: this.#ids.length }, 'dialogs of the last life are up again');
    watchOrphans(core);
  }

  get ids(): readonly string[] {
    return this.#ids;
  }

  /** Those that are none of these get a BYE. The second time there are none left. */
  endOthers(known: readonly string[]): void {
    const wanted = new Set(known);
    const orphans = this.#ids.filter((id) => !wanted.has(id)).flatMap((id) => this.#core.dialogs.byId(id) ?? []);
    this.#ids = [];
    if (orphans.length === 0) return;
    this.#core.log.warn({ dialogs: orphans.length }, 'dialogs of the last life that nobody knows are ended');
    new Ending(this.#core, orphans).due();
  }

  #restore(kept: KeptDialog): void {
    const core = this.#core;
    if (core.dialogs.full) return core.log.warn({ dialog: kept.id }, 'a dialog of the last life is one too many');
    const lastCSeq = Math.min(kept.localCSeq + GAP, LAST_CSEQ - GAP);
    const facts: DialogFacts = { ...kept, localCSeq: lastCSeq, flow: flowAgain(core.transports, kept.flow) };
    const dialog = new LiveDialog(facts, undefined);
    dialog.lastLife = { lastCSeq, acked: new Map() };
    dialog.confirm();
    core.dialogs.add(dialog); // writes the raised number too: the life after this one must not begin with it again
    this.#ids.push(dialog.id);
  }
}

class Ending implements WheelTarget<'more BYEs'> {
  readonly #core: Core;
  readonly #orphans: LiveDialog[];

  constructor(core: Core, orphans: LiveDialog[]) {
    this.#core = core;
    this.#orphans = orphans;
  }

  due(): void {
    for (const dialog of this.#orphans.splice(0, ENDED_AT_ONCE)) this.#end(dialog);
    if (this.#orphans.length > 0) this.#core.wheel.start(this, 'more BYEs', PAUSE_MS);
  }

  #end(dialog: LiveDialog): void {
    const { callId, localTag, remoteTag, kind } = dialog.facts;
    if (this.#core.dialogs.byTags(callId, localTag, remoteTag) !== dialog) return;
    // RFC 6665 §4.4.1: a BYE is no word in a subscription; its watcher asks again when it is due, and hears 481.
    if (kind === 'SUBSCRIBE') return this.#core.dialogs.remove(dialog);
    endDialog(this.#core, dialog, 'SIP;cause=503;text="Call lost"');
  }
}
