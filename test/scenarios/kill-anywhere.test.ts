/**
 * Goal: kill -9 at any step of a call costs nobody anything: calls that were up go on, held ones with their music and their silence, and what
 * was half done is undone or done. Method: a first call is counted, word by word, SIP and NG; then one call for each word, at which
 * somebody is killed and started again. The product knows nothing of it: the test owns both ends of every wire.
 * KILL_EVERY=1 visits every step; KILL_AT=17 only that one; KILL_VICTIM=program only that part; KILL_LOG=debug with KILL_SHOW=1 prints
 * Holdfast's log beside what went over the wires.
 */
import t, { type Test } from 'tap';
import { ACTS, KillStory } from '../support/kill-story.js';
import { KillVerdict } from '../support/kill-verdict.js';
import { KillWorld, type Victim } from '../support/kill-world.js';
import { think } from '../support/patient-phone.js';

const every = Number(process.env['KILL_EVERY'] ?? 0);
const only = Number(process.env['KILL_AT'] ?? 0);
const REDIALS = 4;
const skip = (victim: Victim): boolean => (process.env['KILL_VICTIM'] ?? victim) !== victim;

/** Which of the steps are visited. @param stride unless somebody asked for all. */
function places(steps: readonly string[], stride: number, counts: (step: string) => boolean): number[] {
  if (only > 0) return [only];
  const taken = every > 0 ? every : stride;
  const counted = steps.flatMap((step, index) => (counts(step) ? [index + 1] : []));
  return counted.filter((_step, index) => index % taken === taken - 1);
}

/** A machine that is busy may refuse a call (503); who is refused dials again. */
async function played(world: KillWorld, step: number): Promise<KillStory> {
  for (let attempt = 1; ; attempt++) {
    world.begin(step);
    const story = new KillStory(world);
    try {
      await story.play();
      return story;
    } catch (error) {
      if (attempt === REDIALS || !String(error).includes('was refused')) throw error;
      await think(1000);
    } finally {
      world.end();
    }
  }
}

async function countSteps(world: KillWorld): Promise<readonly string[]> {
  await played(world, 0);
  return [...world.steps];
}

async function killedAt(world: KillWorld, step: number): Promise<readonly string[]> {
  try {
    const story = await played(world, step);
    // Runs differ by a word or two: the last places may be behind the end.
    if (world.killedMs === 0) world.kill();
    const complaints = await new KillVerdict(world, story.agreed, step).judge();
    await world.noticed();
    return complaints;
  } catch (error) {
    return [`before or after the kill: ${String(error)} (rtpengine: ${world.media})`];
  }
}

async function worldOf(t: Test, victim: Victim): Promise<KillWorld> {
  const world = await KillWorld.start(victim);
  t.teardown(() => world.close());
  return world;
}

async function killEverywhere(t: Test, victim: Victim, stride: number, counts: (step: string) => boolean): Promise<void> {
  const first = await worldOf(t, victim);
  const steps = await countSteps(first);
  t.ok(steps.length >= 2 * ACTS.length, `a call from its first word to its last takes ${steps.length} steps`);
  const visited = places(steps, stride, counts);
  const waiting = [...visited];
  await Promise.all([first, await worldOf(t, victim)].map((world) => visit(t, world, waiting)));
  if (only === 0) t.comment(`${victim}: killed at ${visited.length} of ${steps.length} steps`);
}

/** One step after the other, each in the world that the one before has left. */
async function visit(t: Test, begun: KillWorld, waiting: number[]): Promise<void> {
  let world = begun;
  for (let step = waiting.shift(); step !== undefined; step = waiting.shift()) {
    const complaints = await killedAt(world, step);
    const where = `${world.victim} killed at step ${step}: ${world.steps.at(-1) ?? ''}`;
    t.same(complaints, [], where, { wire: complaints.length > 0 ? wire(world) : [] });
    if (complaints.length === 0) continue;
    // What has gone wrong once must not go wrong in the next place because of it.
    await world.close();
    world = await worldOf(t, world.victim);
  }
  await world.close();
}

function wire({ alice, bob, holdfast, killedMs }: KillWorld): string[] {
  const all = [...alice.history, ...bob.history, `${Math.round(killedMs)} KILL`].sort(
    (a, b) => parseInt(a, 10) - parseInt(b, 10),
  );
  const log = process.env['KILL_SHOW'] === '1' ? holdfast.log.split('\n').slice(-200) : [];
  return [...all, ...log];
}

t.test('the program is killed, rtpengine lives on', { skip: skip('program') }, (t) =>
  killEverywhere(t, 'program', 2, () => true),
);

t.test('the program is killed with its rtpengine', { skip: skip('both') }, (t) => killEverywhere(t, 'both', 5, () => true));

t.test('rtpengine alone is killed', { skip: skip('rtpengine') }, (t) =>
  killEverywhere(t, 'rtpengine', 6, (step) => step.startsWith('rtpengine')),
);

t.test('the SIP engine alone is killed', { skip: skip('engine') }, (t) => killEverywhere(t, 'engine', 4, () => true));

t.test('the program is killed, rtpengine and the SIP engine live on', { skip: skip('application') }, (t) =>
  killEverywhere(t, 'application', 8, () => true),
);
