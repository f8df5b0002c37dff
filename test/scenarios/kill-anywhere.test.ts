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

const every = Number(process.env['KILL_EVERY'] ?? 0);
const only = Number(process.env['KILL_AT'] ?? 0);
const skip = (victim: Victim): boolean => (process.env['KILL_VICTIM'] ?? victim) !== victim;

/** Which of the steps are visited. @param stride unless somebody asked for all. */
function places(steps: number, stride: number): number[] {
  if (only > 0) return [only];
  const taken = every > 0 ? every : stride;
  return Array.from({ length: steps }, (_, index) => index + 1).filter((step) => step % taken === 0 || taken === 1);
}

async function countSteps(world: KillWorld): Promise<readonly string[]> {
  world.begin(0);
  await new KillStory(world).play();
  world.end();
  return [...world.steps];
}

async function killedAt(world: KillWorld, step: number): Promise<readonly string[]> {
  world.begin(step);
  const story = new KillStory(world);
  await story.play();
  // Runs differ by a word or two: the last places may be behind the end.
  if (world.killedMs === 0) world.kill();
  world.end();
  return new KillVerdict(world, story.agreed, step).judge();
}

async function killEverywhere(t: Test, victim: Victim, stride: number, counts: (step: string) => boolean): Promise<void> {
  let world = await KillWorld.start(victim);
  t.teardown(() => world.close());
  const steps = await countSteps(world);
  t.ok(steps.length >= 2 * ACTS.length, `a call from its first word to its last takes ${steps.length} steps`);
  const visited = places(steps.length, stride).filter((step) => counts(steps[step - 1] ?? ''));
  for (const step of visited) {
    const complaints = await killedAt(world, step);
    const where = `${victim} killed at step ${step} of ${steps.length}: ${world.steps.at(-1) ?? ''}`;
    t.same(complaints, [], where, { wire: complaints.length > 0 ? wire(world) : [] });
    if (complaints.length === 0) continue;
    // What has gone wrong once must not go wrong in the next place because of it.
    await world.close();
    world = await KillWorld.start(victim);
  }
  if (only === 0) t.comment(`${victim}: killed at ${visited.length} of ${steps.length} steps`);
}

function wire({ alice, bob, holdfast, killedMs }: KillWorld): string[] {
  const all = [...alice.history, ...bob.history, `${Math.round(killedMs)} KILL`].sort(
    (a, b) => parseInt(a, 10) - parseInt(b, 10),
  );
  const log = process.env['KILL_SHOW'] === '1' ? holdfast.log.split('\n').slice(-200) : [];
  return [...all, ...log];
}

t.test('the program is killed, rtpengine lives on', { skip: skip('program') }, (t) =>
  killEverywhere(t, 'program', 1, () => true),
);

t.test('the program is killed with its rtpengine', { skip: skip('both') }, (t) => killEverywhere(t, 'both', 4, () => true));

t.test('rtpengine alone is killed', { skip: skip('rtpengine') }, (t) =>
  killEverywhere(t, 'rtpengine', 1, (step) => step.startsWith('rtpengine')),
);
