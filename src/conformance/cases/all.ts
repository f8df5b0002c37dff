/**
 * all: every case of the kit, family by family.
 */
import type { Case } from '../case.js';
import { apiHold } from './api-hold.js';
import { badAnswers } from './bad-answers.js';
import { complained } from './complained.js';
import { directions } from './directions.js';
import { doubleHold } from './double-hold.js';
import { early } from './early.js';
import { glare } from './glare.js';
import { losses } from './losses.js';
import { mediaLines } from './media-lines.js';
import { offerless } from './offerless.js';
import { refusals } from './refusals.js';
import { sessionTimers } from './session-timers.js';
import { teardown } from './teardown.js';
import { transfer } from './transfer.js';
import { waysToHold } from './ways-to-hold.js';

export const ALL_CASES: readonly Case[] = [
  ...waysToHold,
  ...directions,
  ...doubleHold,
  ...offerless,
  ...refusals,
  ...apiHold,
  ...glare,
  ...losses,
  ...badAnswers,
  ...mediaLines,
  ...sessionTimers,
  ...early,
  ...teardown,
  ...complained,
  ...transfer,
];
