/**
 * voipnow-scope: whose calls a path speaks of: /{user}/{extension}, judged against what the client may see.
 * Extensions have a long form here (0003*210, organization and number); the house knows the number alone.
 */
import type { CallView } from '#calls/commands.js';
import type { Config } from '#kit/config.js';
import { UapiRefusal } from './voipnow-errors.js';
import type { DialectRequest } from './dialect.js';

export type VoipnowConfig = Config['accounts']['voipnow'];
export type Role = 'caller' | 'callee';

/** What one request may touch. */
export type Scope = Readonly<{
  /** As the path says it; links repeat it. */
  user: string;
  extension: string;
  /** Absent with @self: any of `numbers`. */
  number: string | undefined;
  /** Every number of this user. */
  numbers: ReadonlySet<string>;
}>;

/** `names`: of our phones, by their numbers. */
export type ExtensionsOf = Readonly<{ voipnow: VoipnowConfig; names: ReadonlyMap<string, string> }>;

export class Extensions {
  readonly #live: ExtensionsOf;

  /** @param live what is in force, each time it is read. */
  constructor(live: ExtensionsOf) {
    this.#live = live;
  }

  has(number: string): boolean {
    return this.#live.names.has(number);
  }

  /** Phones of the house in the long form, all others as they are. */
  written(number: string): string {
    const { organization } = this.#live.voipnow;
    return this.has(number) && organization !== '' ? `${organization}*${number}` : number;
  }

  read(written: string): string {
    const prefix = `${this.#live.voipnow.organization}*`;
    return !this.has(written) && written.startsWith(prefix) ? written.slice(prefix.length) : written;
  }

  nameOf(number: string): string {
    return this.#live.names.get(number) ?? number;
  }

  /** "John Doe <3333>" */
  callerId(number: string): string {
    return `${this.nameOf(number)} <${this.written(number)}>`;
  }

  /** @throws UapiRefusal */
  scopeOf(request: DialectRequest, extension = request.params['extension'] ?? ''): Scope {
    const user = request.params['user'] ?? '';
    const client = this.#live.voipnow.clients.find(({ client }) => `user:${client}` === request.identity);
    if (!/^(@me|@viewer|@owner|[0-9]{1,9})$/.test(user))
      throw new UapiRefusal('user_invalid', 'userId: expected @me, @viewer, @owner or a number');
    if (client === undefined || (!user.startsWith('@') && user !== client.user))
      throw new UapiRefusal('access_denied', 'this App speaks for another user');
    const numbers = new Set(client.extensions ?? this.#live.names.keys());
    if (extension === '@self') return { user, extension, number: undefined, numbers };
    if (!/^[0-9A-Za-z+*#._-]{1,64}$/.test(extension))
      throw new UapiRefusal('extension_invalid', 'extension: expected NNNN*NNN, NNN or @self');
    const number = this.read(extension);
    if (!this.has(number)) throw new UapiRefusal('extension_invalid', `nobody has the extension ${extension}`);
    if (!numbers.has(number)) throw new UapiRefusal('access_denied', `extension ${extension} belongs to another user`);
    return { user, extension, number, numbers };
  }
}

/** Of the extension in the path, or of any extension of the user with @self. */
export const concerns = (scope: Scope, { parties }: CallView): boolean =>
  scope.number === undefined ? visible(scope, { parties }) : Object.values(parties).includes(scope.number);

/** A call named by its id need not be one of the extension in the path, but it must be one of the user's. */
export const visible = (scope: Scope, { parties }: Pick<CallView, 'parties'>): boolean =>
  scope.numbers.has(parties.caller) || scope.numbers.has(parties.callee);

/** Which party the path itself names. */
export function roleInPath({ number }: Scope, { parties }: CallView): Role | undefined {
  if (number === undefined) return undefined;
  return number === parties.caller ? 'caller' : number === parties.callee ? 'callee' : undefined;
}
