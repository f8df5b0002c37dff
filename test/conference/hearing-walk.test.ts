/**
 * Goal: whatever is done in whatever order, each hears exactly those it should. Method: random walks of joins, leaves, mutes, holds and
 * rows, beside a model of one line; after each step all ears are taken apart by frequency.
 */
import fc from 'fast-check';
import t from 'tap';
import { hears, type Row } from '#conference/hearing.js';
import { Table } from '../support/conference-table.js';

const IDS = ['a', 'b', 'c', 'd', 'e'] as const;
type Id = (typeof IDS)[number];

type Step = Readonly<{ kind: 'toggle' | 'mute' | 'hold'; id: Id }> | Readonly<{ kind: 'row'; id: Id; row: Row }>;

type Facts = { muted: boolean; holds: boolean; row: Row };

const id = fc.constantFrom(...IDS);
const row: fc.Arbitrary<Row> = fc.oneof(
  fc.constant<Row>('everyone'),
  fc.record({ only: fc.subarray([...IDS]) }),
  fc.record({ except: fc.subarray([...IDS]) }),
);
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ kind: fc.constantFrom('toggle' as const, 'mute' as const, 'hold' as const), id }),
  fc.record({ kind: fc.constant('row' as const), id, row }),
);

/** Does it to the table and to the model; who is not there can do nothing. */
function take(table: Table, model: Map<Id, Facts>, step: Step): void {
  const facts = model.get(step.id);
  if (facts === undefined) {
    if (step.kind !== 'toggle') return;
    table.sit(step.id, 300 + 200 * IDS.indexOf(step.id), { loud: 3000 });
    model.set(step.id, { muted: false, holds: false, row: 'everyone' });
  } else if (step.kind === 'toggle') {
    table.conference.leave(step.id);
    model.delete(step.id);
  } else if (step.kind === 'mute') {
    facts.muted = !facts.muted;
    table.conference.mute(step.id, facts.muted);
  } else if (step.kind === 'row') {
    facts.row = step.row;
    table.conference.hear({ [step.id]: step.row });
  } else {
    facts.holds = !facts.holds;
    if (facts.holds) table.conference.hold(step.id, { othersHear: 'conference' });
    else table.conference.resume(step.id);
  }
  table.run(4);
}

function shouldHear(model: ReadonlyMap<Id, Facts>, listener: Id): Id[] {
  const ears = model.get(listener);
  if (ears === undefined || ears.holds) return [];
  return IDS.filter((source) => {
    const mouth = model.get(source);
    return source !== listener && mouth !== undefined && !mouth.muted && !mouth.holds && hears(ears.row, source);
  });
}

t.test('after any walk everyone hears whom the model says', (t) => {
  fc.assert(
    fc.property(fc.array(step, { minLength: 5, maxLength: 25 }), (steps) => {
      const table = new Table();
      const model = new Map<Id, Facts>();
      for (const one of IDS.slice(0, 3)) take(table, model, { kind: 'toggle', id: one });
      for (const one of steps) {
        take(table, model, one);
        for (const listener of model.keys()) {
          const heard = table.whom(listener).sort().join('');
          const should = shouldHear(model, listener).join('');
          if (heard !== should)
            throw new Error(`${listener} hears "${heard}" instead of "${should}" after ${JSON.stringify(one)}`);
        }
      }
    }),
    { numRuns: 30 },
  );
  t.pass('thirty walks');
  t.end();
});
