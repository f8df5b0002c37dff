/**
 * case: one question to a B2BUA, as a value: what is done, which RFC decides, which complaint of users it answers.
 * The families in cases/ make many of them out of few stories.
 */
import type { Transport } from './phone/wire.js';
import type { Stage } from './stage.js';

export type Leg = 'caller' | 'callee';

export type Case = Readonly<{
  /** Words with hyphens; what --only looks at. */
  id: string;
  title: string;
  rfc: string;
  /** C1 to C25 of the complaints that it answers. */
  complaints: readonly string[];
  needs: 'phones' | 'control';
  transport: Transport;
  /** Longer than this is a failure. */
  mostMs: number;
  run: (stage: Stage) => Promise<void>;
}>;

/** A story, told once for each transport. */
export type Story = Readonly<{
  id: string;
  title: string;
  rfc: string;
  complaints?: readonly string[];
  needs?: 'phones' | 'control';
  mostMs?: number;
  run: (stage: Stage) => Promise<void>;
}>;

export const TRANSPORTS: readonly Transport[] = ['udp', 'tcp'];
export const LEGS: readonly Leg[] = ['caller', 'callee'];

const MOST_MS = 30_000;

export const overBoth = (stories: readonly Story[]): readonly Case[] =>
  stories.flatMap((story) => TRANSPORTS.map((one) => over(one, story)));

export const over = (transport: Transport, story: Story): Case => ({
  complaints: [],
  needs: 'phones',
  mostMs: MOST_MS,
  ...story,
  id: `${story.id}-${transport}`,
  title: `${story.title} (${transport.toUpperCase()})`,
  transport,
});

export const otherLeg = (leg: Leg): Leg => (leg === 'caller' ? 'callee' : 'caller');
