/**
 * kill-world: what a test that kills everything owns: two patient phones, an rtpengine behind a proxy (or Holdfast's own), and a Holdfast
 * that comes back on the same folder and the same ports. Every word between them is a numbered step, and at one of them somebody dies.
 * What must be true afterwards is kill-verdict.ts.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { RealClock } from '#kit/clock.js';
import { createLogger } from '#kit/log.js';
import { findRtpengine, RtpengineProcess } from '#media/rtpengine-process.js';
import { freePort } from './free-port.js';
import { freePorts } from './free-ports.js';
import { Holdfast, keptEnvironment } from './holdfast.js';
import { dialogsOnDisk, engineProcess, type KilledEngine } from './killed-engine.js';
import { NgProxy } from './ng-proxy.js';
import { PatientPhone, think, type Line } from './patient-phone.js';
import { portOf } from './raw-phone.js';
import { ALICE_HERTZ, BOB_HERTZ } from './two-phones.js';
import { until } from './until.js';

/**
 * `program`: Holdfast, beside an rtpengine that lives on. `both`: with its own rtpengine. `rtpengine`: that one alone. `engine`: the SIP
 * engine alone, in a process of its own. `application`: Holdfast, beside an rtpengine and a SIP engine that live on.
 */
export type Victim = 'program' | 'both' | 'rtpengine' | 'engine' | 'application';

type Closer = () => Promise<unknown> | void;

const START_MS = 10_000;
/** Every other time rtpengine is away for so long that commands have been repeated in vain. */
const AWAY_MS = 1500;

export class KillWorld {
  readonly victim: Victim;
  readonly alice: PatientPhone;
  readonly bob: PatientPhone;
  /** Each step since `begin`, by name. */
  readonly steps: string[] = [];
  holdfast: Holdfast;
  killedMs = 0;
  #killAt = 0;
  #counting = false;
  #whenKilled: () => void = () => undefined;
  killed: Promise<void> = Promise.resolve();
  readonly #media: OutsideMedia | undefined;
  readonly #engine: OutsideEngine | undefined;
  readonly #closers: Closer[];

  /** What was opened is closed again, also when the rest could not be. */
  static async start(victim: Victim): Promise<KillWorld> {
    const closers: Closer[] = [];
    try {
      return await KillWorld.#start(victim, closers);
    } catch (error) {
      for (const close of closers.reverse()) await close();
      throw error;
    }
  }

  static async #start(victim: Victim, closers: Closer[]): Promise<KillWorld> {
    const media = victim === 'both' ? undefined : await OutsideMedia.start();
    closers.push(() => media?.stop());
    const engine = victim === 'engine' || victim === 'application' ? await OutsideEngine.start() : undefined;
    closers.push(() => engine?.stop());
    const sipPort = engine?.sipPort ?? (await freePort());
    const environment = await keptEnvironment({
      ...engine?.environment,
      HOLDFAST_SIP_PORT: String(sipPort),
      ...(media === undefined ? {} : { RTPENGINE_NG: `127.0.0.1:${media.proxy.port}` }),
    });
    const holdfast = await Holdfast.start({ environment, holdfast: `log: ${process.env['KILL_LOG'] ?? 'info'}\n` });
    let world: KillWorld | undefined = undefined;
    const seen = (what: string): void => world?.seen(what);
    let living = holdfast;
    closers.push(() => living.stop());
    const alice = await PatientPhone.open({ number: '101', server: sipPort, hertz: ALICE_HERTZ, seen });
    const bob = await PatientPhone.open({ number: '102', server: sipPort, hertz: BOB_HERTZ, seen });
    closers.push(() => [alice, bob].forEach((phone) => phone.close()));
    world = new KillWorld(victim, holdfast, { alice, bob }, closers, media, engine);
    world.#reborn = (next) => (living = next);
    if (media !== undefined) media.proxy.seen = seen;
    await Promise.all([alice.register(), bob.register()]);
    await world.written();
    return world;
  }

  #reborn: (next: Holdfast) => void = () => undefined;

  private constructor(
    victim: Victim,
    holdfast: Holdfast,
    { alice, bob }: Readonly<Record<'alice' | 'bob', PatientPhone>>,
    closers: Closer[],
    media?: OutsideMedia,
    engine?: OutsideEngine,
  ) {
    this.victim = victim;
    this.holdfast = holdfast;
    this.alice = alice;
    this.bob = bob;
    this.#media = media;
    this.#engine = engine;
    this.#closers = closers;
  }

  /** From now on steps are counted. @param killAt 0: nobody dies. */
  begin(killAt: number): void {
    for (const phone of [this.alice, this.bob]) phone.forget();
    this.#media?.proxy.forget();
    this.steps.length = 0;
    this.killedMs = 0;
    this.#killAt = killAt;
    this.#counting = true;
    this.killed = new Promise((resolve) => (this.#whenKilled = resolve));
  }

  seen(what: string): void {
    if (!this.#counting) return;
    this.steps.push(what);
    if (this.steps.length === this.#killAt) this.kill();
  }

  kill(): void {
    this.#counting = false;
    this.killedMs = performance.now();
    if (this.victim === 'rtpengine') this.#media?.kill();
    else if (this.victim === 'engine') this.#engine?.kill();
    else this.holdfast.kill();
    this.#whenKilled();
  }

  /** No more steps are counted. */
  end(): void {
    this.#counting = false;
  }

  /** Who was killed lives again. */
  async again(): Promise<void> {
    if (this.victim === 'rtpengine') return this.#media?.again();
    if (this.victim === 'engine') return this.#engine?.again();
    this.holdfast = await this.holdfast.again();
    this.#reborn(this.holdfast);
  }

  /** What the phones know of the call is on the disks, or somebody has been killed meanwhile. */
  async written(): Promise<void> {
    await this.holdfast.written();
    await this.#engine?.written(() => (this.killedMs > 0 ? [] : [...this.alice.lines, ...this.bob.lines]));
  }

  /** It is the program that was killed, so nobody remembers but its disk. */
  get isReborn(): boolean {
    return this.victim !== 'rtpengine' && this.victim !== 'engine';
  }

  /** How rtpengine is, for whoever has to say what went wrong. */
  get media(): string {
    return this.#media?.how ?? 'its own';
  }

  /** Holdfast has noticed that its rtpengine is another: what happens next is a loss of its own, and not the same one. */
  async noticed(): Promise<void> {
    if (this.victim === 'rtpengine') await this.#media?.noticed();
  }

  /** Closing twice is closing once. */
  async close(): Promise<void> {
    for (const close of this.#closers.splice(0).reverse()) await close();
  }
}

/** A real rtpengine of the test's own, and the proxy before it, which keeps its port when rtpengine is another. */
class OutsideMedia {
  readonly proxy: NgProxy;
  readonly #start: (port: number) => Promise<RtpengineProcess>;
  #process: RtpengineProcess;
  #looks = 0;
  #deaths = 0;
  how = '';

  static async start(): Promise<OutsideMedia> {
    const { portMin, portMax } = await freePorts(400);
    const options = { program: findRtpengine(), addresses: ['127.0.0.1'], portMin, portMax, timeoutSeconds: 3600 };
    const start = (port?: number): Promise<RtpengineProcess> =>
      RtpengineProcess.start(options, new RealClock(), createLogger('silent'), port);
    const process = await start();
    const proxy = await NgProxy.open(process.target.port);
    await until('rtpengine answers', () => proxy.answers(), START_MS);
    return new OutsideMedia(process, proxy, start);
  }

  private constructor(process: RtpengineProcess, proxy: NgProxy, start: (port: number) => Promise<RtpengineProcess>) {
    this.#process = process;
    this.proxy = proxy;
    this.#start = start;
    this.#follow();
  }

  #follow(): void {
    this.how = `alive, ${this.#process.pid}`;
    void this.#process.ended.then((how) => (this.how = how));
  }

  kill(): void {
    this.#process.kill();
  }

  async again(): Promise<void> {
    await this.#process.ended;
    if (++this.#deaths % 2 === 0) await think(AWAY_MS);
    this.#process = await this.#start(this.#process.target.port);
    this.#follow();
    await until('rtpengine answers', () => this.proxy.answers(), START_MS);
    this.#looks = this.proxy.looks;
  }

  noticed(): Promise<void> {
    return until('Holdfast looks after rtpengine', () => this.proxy.looks > this.#looks, START_MS);
  }

  async stop(): Promise<void> {
    await this.#process.stop();
    this.proxy.close();
  }
}

/** The SIP engine in a process of its own, which comes back on the same folder and the same ports. */
class OutsideEngine {
  readonly #folder: string;
  #engine: KilledEngine;
  #gone: Promise<void> = Promise.resolve();

  static async start(): Promise<OutsideEngine> {
    const folder = mkdtempSync(join(tmpdir(), 'kill-engine-'));
    return new OutsideEngine(folder, await engineProcess(NO_TEST, folder));
  }

  private constructor(folder: string, engine: KilledEngine) {
    this.#folder = folder;
    this.#engine = engine;
  }

  get sipPort(): number {
    return portOf(this.#engine, 'udp');
  }

  get environment(): Readonly<Record<string, string>> {
    const { adminPort, secret } = this.#engine;
    return { DRACHTIO_HOST: '127.0.0.1', DRACHTIO_PORT: String(adminPort), DRACHTIO_SECRET: secret };
  }

  kill(): void {
    this.#gone = this.#engine.kill();
  }

  async again(): Promise<void> {
    await this.#gone;
    this.#engine = await engineProcess(NO_TEST, this.#folder, this.#engine);
  }

  /** It is a process of its own, so its disk is asked: each call that is up with its CSeqs, and none that has ended. */
  written(lines: () => readonly Line[]): Promise<void> {
    return dialogsOnDisk(this.#folder, (dialogs) =>
      lines().every(({ callId, state, role, cseq, remoteCSeq }) => {
        const dialog = dialogs.find((one) => one.callId === callId);
        if (state === 'ended' || dialog === undefined) return state === 'ended' && dialog === undefined;
        // Here the callee speaks only to end the call.
        return dialog.localCSeq >= remoteCSeq && (role === 'callee' || (dialog.remoteCSeq ?? 0) >= cseq);
      }),
    );
  }

  async stop(): Promise<void> {
    await this.#engine.kill();
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

/** Its world ends it. */
const NO_TEST = { teardown: () => undefined };
