/**
 * double-hold: two hold at once, the phones both, or a phone and the application; resume in every order. A hold belongs to who made it:
 * the resume of one never lifts the hold of another.
 */
import { LEGS, otherLeg, overBoth, type Case, type Leg, type Story } from '../case.js';
import { holdNamed } from '../ways.js';

const WAYS = ['sendonly', 'inactive'] as const;
type Word = (typeof WAYS)[number];
type Order = 'first' | 'last';

const byPhones = (first: Leg, firstWay: Word, secondWay: Word, resumes: Order): Story => ({
  id: `double-${firstWay}-${first}-then-${secondWay}-${resumes}-resumes-first`,
  title: `the ${first} holds with ${firstWay}, the ${otherLeg(first)} with ${secondWay}; who held ${resumes} resumes first`,
  rfc: '3264 §8.4',
  complaints: ['C9', 'C7'],
  run: async (stage) => {
    const second = otherLeg(first);
    await stage.talk();
    await stage.holds(first, holdNamed(firstWay));
    await stage.hear({ [first]: 'nothing', [second]: stage.held(firstWay) });
    await stage.holds(second, holdNamed(secondWay));
    await stage.hear({ caller: 'nothing', callee: 'nothing' });
    const [early, late] = resumes === 'first' ? [first, second] : [second, first];
    await stage.resumes(early);
    // The other has not resumed: it still must hear nothing, and says what is heard of it.
    const stillHeldBy = late === first ? firstWay : secondWay;
    await stage.hear({ [early]: stage.held(stillHeldBy), [late]: 'nothing' });
    await stage.resumes(late);
    await stage.hear({ caller: 'voice', callee: 'voice' });
    await stage.hangUp(first);
  },
});

const withApi = (leg: Leg, way: Word, apiFirst: boolean, apiResumesFirst: boolean): Story => ({
  id: `double-api-${apiFirst ? 'before' : 'after'}-${way}-${leg}-${apiResumesFirst ? 'api' : 'phone'}-resumes-first`,
  title: `the application holds ${apiFirst ? 'before' : 'after'} the ${leg} does with ${way}; the ${apiResumesFirst ? 'application' : 'phone'} resumes first`,
  rfc: '6337 §5.3',
  needs: 'control',
  complaints: ['C9', 'C7'],
  run: async (stage) => {
    await stage.talk();
    const api = async (): Promise<void> => void (await stage.apiHold());
    const phone = async (): Promise<void> => void (await stage.holds(leg, holdNamed(way)));
    for (const hold of apiFirst ? [api, phone] : [phone, api]) await hold();
    await stage.hear({ [leg]: 'nothing', [otherLeg(leg)]: 'music' });
    if (apiResumesFirst) {
      await stage.apiResume();
      await stage.hear({ [leg]: 'nothing', [otherLeg(leg)]: 'music' });
      await stage.resumes(leg);
    } else {
      await stage.resumes(leg);
      await stage.hear({ caller: 'music', callee: 'music' });
      await stage.apiResume();
    }
    await stage.hear({ caller: 'voice', callee: 'voice' });
    await stage.hangUp(leg);
  },
});

const ORDERS: readonly Order[] = ['first', 'last'];
const BOOLEANS = [true, false];

export const doubleHold: readonly Case[] = overBoth([
  ...LEGS.flatMap((leg) => WAYS.flatMap((a) => WAYS.flatMap((b) => ORDERS.map((order) => byPhones(leg, a, b, order))))),
  ...LEGS.flatMap((leg) => WAYS.flatMap((way) => BOOLEANS.flatMap((a) => BOOLEANS.map((b) => withApi(leg, way, a, b))))),
]);
