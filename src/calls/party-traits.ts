/**
 * party-traits: what is known of the two parties of a new call, put together from what is known of their phones and of the house.
 */
import { mergePolicies, type HoldPolicy } from '#core/hold-policy.js';
import { LEG_ROLES, type LegRole } from '#core/leg.js';
import type { HoldMode, PartyTraits } from '#core/party.js';
import type { PhoneTraits } from './ports.js';

export type HouseHabits = Readonly<{ policy: HoldPolicy }>;

type Phones = Readonly<Record<LegRole, PhoneTraits>>;

/** @param music of the whole call, where whoever asked for it has chosen some. */
export function partyTraits(phones: Phones, house: HouseHabits, music: string | undefined): PartyTraits {
  const { caller, callee } = phones;
  const both = <T>(of: (phone: PhoneTraits) => T): Readonly<Record<LegRole, T>> => ({ caller: of(caller), callee: of(callee) });
  return {
    modes: both(modeOf),
    learns: both((phone) => phone.holdMode === 'auto'),
    music: {
      ...(music === undefined ? {} : { call: music }),
      given: chosen(phones, 'phone'),
      heard: chosen(phones, 'trunk'),
    },
    policy: house.policy,
    policies: both((phone) => mergePolicies(house.policy, phone.policy)),
  };
}

function modeOf({ holdMode, refusedMusic }: PhoneTraits): HoldMode {
  if (holdMode !== 'auto') return holdMode;
  return refusedMusic ? 'inactive' : 'sendonly';
}

function chosen(phones: Phones, kind: PhoneTraits['kind']): Partial<Record<LegRole, string>> {
  const music: Partial<Record<LegRole, string>> = {};
  for (const role of LEG_ROLES) {
    const phone = phones[role];
    if (phone.kind === kind && phone.music !== undefined) music[role] = phone.music;
  }
  return music;
}
