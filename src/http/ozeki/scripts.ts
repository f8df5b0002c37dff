/**
 * scripts: drives the scripts that run, one for a call and so many at once: does what they ask, and tells them what has happened. What a
 * script does next is the machine's to know (ozml/machine.ts).
 */
import type { CallView, CommandPort, Outcome } from '#calls/commands.js';
import type { NumberedEvent } from '#calls/event-bus.js';
import type { Clock, Timer } from '#kit/clock.js';
import type { OzekiConfig } from '#kit/config.js';
import { AppError, assertNever, Busy, CallNotFound } from '#kit/errors.js';
import type { Logger } from '#kit/log.js';
import type { After, Subject } from '#ozml/actions.js';
import { newScript, run, type Script, type ScriptEffect, type ScriptInput } from '#ozml/machine.js';
import type { Step } from '#ozml/script.js';
import type { FollowUps } from './follow-ups.js';
import type { Fields, Requests } from './requests.js';

type CallId = CallView['id'];

export type ScriptsDeps = Readonly<{
  commands: CommandPort;
  requests: Pick<Requests, 'ask'>;
  followUps: Pick<FollowUps, 'expect'>;
  /** What a request says of the call it is about. */
  facts: (callId: CallId) => Promise<Fields>;
  findCall: (wireId: string) => CallId;
  config: OzekiConfig;
  clock: Clock;
  log: Logger;
}>;

/** Whose script it is: the phone that talks to an API extension, or nobody in particular. */
export type ScriptFor = Readonly<{
  callId: CallId;
  phone?: Subject['phone'];
  extension?: string | undefined;
  variables?: Fields;
}>;

type Running = { script: Script; timer: Timer | undefined; readonly callId: CallId; readonly phone: Subject['phone'] };

export class Scripts {
  readonly #deps: ScriptsDeps;
  readonly #running = new Map<CallId, Running>();

  constructor(deps: ScriptsDeps) {
    this.#deps = deps;
  }

  isRunning(callId: CallId): boolean {
    return this.#running.has(callId);
  }

  /** In place of the one that runs on this call. @throws Busy when as many run as may. */
  start(steps: readonly Step[], { callId, phone, extension, variables = {} }: ScriptFor): void {
    const { limits } = this.#deps.config;
    const before = this.#running.get(callId);
    if (before === undefined && this.#running.size >= limits.scripts) throw new Busy('too many scripts run', 5);
    before?.timer?.cancel();
    const subject: Subject = { callId, phone: phone ?? before?.phone, extension, find: this.#deps.findCall };
    const named = new Map(Object.entries(variables).map(([name, value]) => [name.toLowerCase(), value]));
    const running: Running = { script: newScript(steps, subject, limits, named), timer: undefined, callId, phone: subject.phone };
    this.#running.set(callId, running);
    this.#feed(running, { kind: 'begin' });
  }

  hear({ event }: NumberedEvent): void {
    if (!('callId' in event)) return;
    const running = this.#running.get(event.callId);
    if (running === undefined) return;
    if (event.kind === 'play.ended') this.#feed(running, { kind: 'sound.ended', playId: event.playId });
    else if (event.kind === 'recording.completed') this.#feed(running, { kind: 'recording.ended' });
    else if (event.kind === 'transfer.changed' && event.state === 'failed') this.#feed(running, { kind: 'transfer.failed' });
    else if (event.kind === 'call.ended') this.#feed(running, { kind: 'call.ended' });
    else if (event.kind === 'call.key' && (running.phone === undefined || running.phone === event.leg))
      this.#feed(running, { kind: 'key', key: event.key });
  }

  /** Nothing more is done. Twice is once. */
  close(): void {
    for (const { timer } of this.#running.values()) timer?.cancel();
    this.#running.clear();
  }

  #feed(running: Running, input: ScriptInput): void {
    if (this.#running.get(running.callId) !== running) return; // another has taken its place
    const [script, effects] = run(running.script, input);
    running.script = script;
    for (const effect of effects) this.#perform(running, effect);
  }

  #perform(running: Running, effect: ScriptEffect): void {
    const { clock, log } = this.#deps;
    const { callId } = running;
    switch (effect.kind) {
      case 'command':
        return void this.#command(running, effect);
      case 'aside':
        return void this.#deps.commands.execute(effect.command).catch((error: unknown) => this.#unexpected(callId, error));
      case 'timer':
        running.timer?.cancel();
        running.timer = clock.after(`script ${callId}`, effect.ms, () => this.#feed(running, { kind: 'time' }));
        return;
      case 'no-timer':
        return running.timer?.cancel();
      case 'request':
        return void this.#request(running, effect);
      case 'note':
        return log.info({ callId, why: effect.why }, 'a step of a script was passed over');
      case 'over':
        return this.#over(running, effect.why, effect.release);
      default:
        return assertNever(effect);
    }
  }

  async #command(running: Running, { number, command, after }: Extract<ScriptEffect, { kind: 'command' }>): Promise<void> {
    const answer = await this.#deps.commands.execute(command).then(
      (outcome) => ({ kind: 'done', outcome }) as const,
      (error: unknown) => this.#refused(running.callId, error),
    );
    if (answer.kind === 'done') this.#expect(running, answer.outcome, after);
    this.#feed(running, { ...answer, number });
  }

  #expect({ script }: Running, outcome: Outcome, after: After): void {
    this.#deps.followUps.expect(outcome, after, script.subject.extension);
  }

  #refused(callId: CallId, error: unknown): Readonly<{ kind: 'refused'; why: string; gone: boolean }> {
    this.#unexpected(callId, error);
    const known = error instanceof AppError;
    return { kind: 'refused', why: known ? error.message : 'a fault of ours', gone: error instanceof CallNotFound };
  }

  /** A fault of ours must not go unseen. */
  #unexpected(callId: CallId, error: unknown): void {
    if (!(error instanceof AppError)) this.#deps.log.error({ err: error, callId }, 'a command of a script failed');
  }

  async #request(running: Running, effect: Extract<ScriptEffect, { kind: 'request' }>): Promise<void> {
    const { number, method, url, fields } = effect;
    const facts = await this.#deps.facts(running.callId);
    const body = await this.#deps.requests.ask({ url, method, fields: { ...fields, ...facts } });
    this.#feed(running, { kind: 'answered', number, body });
  }

  #over(running: Running, why: string, release: boolean): void {
    const { callId, phone } = running;
    running.timer?.cancel();
    this.#running.delete(callId);
    this.#deps.log.info({ callId, why }, 'a script is over');
    if (!release || phone === undefined) return;
    // The end of what an API extension has to say is the end of the call.
    this.#deps.commands.execute({ kind: 'call.hangup', callId }).catch((error: unknown) => this.#unexpected(callId, error));
  }
}
