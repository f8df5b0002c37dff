/**
 * all: every case of the kit, family by family.
 */
import type { Case } from '../case.js';
import { waysToHold } from './ways-to-hold.js';

export const ALL_CASES: readonly Case[] = [...waysToHold];
