/**
 * plivo-address: how members are spelled: numbers and SIP addresses, and when two spellings mean the same one.
 */

export type Role = 'agent' | 'customer';

export type Spelled = Readonly<{ whole: string; user: string }>;

/** RFC 3261 §19.1.1, without what may differ between two spellings of one address: scheme, password, port, parameters, leading +. */
export function spelled(address: string): Spelled {
  const [bare = ''] = address
    .trim()
    .replace(/^(sips?|tel):/i, '')
    .split(/[;?]/);
  const at = bare.lastIndexOf('@');
  const [user = ''] = (at < 0 ? bare : bare.slice(0, at)).split(':');
  const host =
    at < 0
      ? ''
      : bare
          .slice(at + 1)
          .replace(/:\d+$/, '')
          .toLowerCase();
  const name = user.replace(/^\+/, '');
  return { user: name, whole: host === '' ? name : `${name}@${host}` };
}

export const userOf = (address: string): string => spelled(address).user;

/** A number that can be dialled; undefined: it cannot be read as one. */
export function dialled(address: string): string | undefined {
  const [bare = ''] = address
    .trim()
    .replace(/^(sips?|tel):/i, '')
    .split(/[;?@]/);
  return /^[0-9A-Za-z+*#._-]{1,64}$/.test(bare) ? bare : undefined;
}
