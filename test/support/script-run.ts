/**
 * script-run: a script that a test runs by hand: it sees what is asked, and says what has happened.
 */
import type { CallView, Command, Outcome } from '#calls/commands.js';
import type { Subject } from '#ozml/actions.js';
import { newScript, run, type Script, type ScriptEffect, type ScriptInput, type ScriptLimits } from '#ozml/machine.js';
import { readScript } from '#ozml/script.js';

type Of<K extends ScriptEffect['kind']> = Extract<ScriptEffect, { kind: K }>;

const CALL = 'call1' as CallView['id'];
const LIMITS: ScriptLimits = { steps: 100, jumps: 5, scriptBytes: 65_536 };

export class ScriptRun {
  readonly effects: ScriptEffect[] = [];
  #script: Script;

  /** Begun. `body` is what stands inside of Response. */
  constructor(body: string, { phone, limits = {} }: { phone?: Subject['phone']; limits?: Partial<ScriptLimits> } = {}) {
    const subject: Subject = { callId: CALL, phone, extension: '800', find: (id) => id as CallView['id'] };
    this.#script = newScript(readScript(`<Response>${body}</Response>`, 65_536), subject, { ...LIMITS, ...limits });
    this.hears({ kind: 'begin' });
  }

  hears(input: ScriptInput): this {
    const [script, effects] = run(this.#script, input);
    this.#script = script;
    this.effects.push(...effects);
    return this;
  }

  /** The last command is done; without words just so. */
  done(outcome: Outcome = { kind: 'call.done', callId: CALL }): this {
    return this.hears({ kind: 'done', number: this.#last('command').number, outcome });
  }

  /** The last command was a sound: it is heard, and over. */
  played(playId = 'p1', ms = 1000): this {
    return this.playing(playId, ms).hears({ kind: 'sound.ended', playId });
  }

  playing(playId = 'p1', ms = 1000): this {
    return this.done({ kind: 'play.started', callId: CALL, playId, ms });
  }

  answered(body?: string): this {
    return this.hears({ kind: 'answered', number: this.#last('request').number, ...(body === undefined ? {} : { body }) });
  }

  keys(keys: string): this {
    for (const key of keys) this.hears({ kind: 'key', key });
    return this;
  }

  time(): this {
    return this.hears({ kind: 'time' });
  }

  get doing(): string {
    return this.#script.doing.kind;
  }

  get commands(): readonly Command[] {
    return this.all('command').map(({ command }) => command);
  }

  /** The words that were spoken, in order. */
  get spoken(): readonly string[] {
    return this.commands.flatMap((command) =>
      command.kind === 'call.play' && 'text' in command.what ? [command.what.text] : [],
    );
  }

  get notes(): readonly string[] {
    return this.all('note').map(({ why }) => why);
  }

  all<K extends ScriptEffect['kind']>(kind: K): readonly Of<K>[] {
    return this.effects.filter((effect): effect is Of<K> => effect.kind === kind);
  }

  #last<K extends ScriptEffect['kind']>(kind: K): Of<K> {
    const found = this.all(kind).at(-1);
    if (found === undefined) throw new Error(`the script has asked for no ${kind}`);
    return found;
  }
}
