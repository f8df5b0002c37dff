/**
 * failed: the verdict of a case, as what it throws: the target did something else than the RFC demands, or the case cannot be asked of
 * it. Any other error is a fault of the kit and is shown as such.
 */

export type Verdict = Readonly<{ expected: string; seen: string }>;

export class Failed extends Error implements Verdict {
  readonly expected: string;
  readonly seen: string;

  constructor({ expected, seen }: Verdict) {
    super(`expected ${expected}; seen ${seen}`);
    this.expected = expected;
    this.seen = seen;
  }
}

/** The case asks for what this target says it does not do, which no RFC demands. */
export class Skipped extends Error {}

/** The one assertion of the kit. */
export function expect(holds: boolean, expected: string, seen: string): asserts holds {
  if (!holds) throw new Failed({ expected, seen });
}
