/**
 * virtual-numbers: which numbers are programs and not phones. In front of the real bindings.
 */
import type { Asker, BindingsPort, PhoneTraits } from './ports.js';
import type { VirtualParty } from './virtual-phones.js';

export type VirtualNumber = Readonly<{ party: () => VirtualParty; traits?: Partial<PhoneTraits> | undefined }>;

const SCHEME = 'virtual:';

export const isVirtual = (uri: string): boolean => uri.startsWith(SCHEME);

/** They take no music, and a hold with any is lost on them. */
const TRAITS: PhoneTraits = { kind: 'stranger', holdMode: 'inactive', refusedMusic: false, isProgram: true };

/** Whoever adds a number makes sure that it is no phone's. */
export class VirtualNumbers implements BindingsPort {
  readonly #real: BindingsPort;
  readonly #numbers = new Map<string, VirtualNumber>();

  constructor(real: BindingsPort) {
    this.#real = real;
  }

  add(number: string, virtual: VirtualNumber): void {
    this.#numbers.set(number, virtual);
  }

  remove(number: string): void {
    this.#numbers.delete(number);
  }

  /** @param uri of a dial target. */
  of(uri: string): VirtualNumber | undefined {
    return isVirtual(uri) ? this.#numbers.get(uri.slice(SCHEME.length)) : undefined;
  }

  find(number: string, asker: Asker): ReturnType<BindingsPort['find']> {
    if (!this.#numbers.has(number)) return this.#real.find(number, asker);
    return { kind: 'targets', targets: [{ uri: `${SCHEME}${number}` }] };
  }

  traits(number: string, trunk?: string): PhoneTraits {
    const virtual = trunk === undefined ? this.#numbers.get(number) : undefined;
    return virtual === undefined ? this.#real.traits(number, trunk) : { ...TRAITS, ...virtual.traits };
  }

  holdRefused(number: string): void {
    this.#real.holdRefused(number);
  }
}
