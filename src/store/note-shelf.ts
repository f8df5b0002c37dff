/**
 * note-shelf: the notebook of the dialects in the store. What a note means is the dialect's.
 */
import type { Notebook, Page } from '#http/notebook.js';
import { bytesOf, valueOf } from './record.js';
import type { Store } from './store.js';

const VERSION = 1;
type Notes = readonly (readonly [string, string])[];

export class NoteShelf implements Notebook {
  readonly #store: Store;
  readonly #byPage = new Map<string, (readonly [string, string])[]>();
  readonly #wereUp: ReadonlySet<string>;

  /** Reads everything: to be made before anything is written. @param wereUp calls of the last life. */
  constructor(store: Store, wereUp: ReadonlySet<string>) {
    this.#store = store;
    this.#wereUp = wereUp;
    for (const [name, bytes] of [...store.read('notes')]) {
      const [page = '', ...key] = name.split(' ');
      const text = textOf(bytes);
      const notes = this.#byPage.get(page) ?? [];
      this.#byPage.set(page, notes);
      // A note that cannot be read costs its client one unknown id, and nothing else.
      if (text === undefined) store.remove('notes', name);
      else notes.push([key.join(' '), text]);
    }
  }

  left(page: Page): Notes {
    return this.#byPage.get(page) ?? [];
  }

  leftOfCalls(page: Page): Notes {
    const left = this.left(page);
    for (const [callId] of left) if (!this.#wereUp.has(callId)) this.write(page, callId, undefined);
    return left.filter(([callId]) => this.#wereUp.has(callId));
  }

  write(page: Page, key: string, text: string | undefined): void {
    const name = `${page} ${key}`;
    if (text === undefined) this.#store.remove('notes', name);
    else this.#store.changed('notes', name, () => bytesOf(VERSION, text));
  }
}

function textOf(bytes: Uint8Array): string | undefined {
  try {
    const text = valueOf(bytes, []);
    return typeof text === 'string' ? text : undefined;
  } catch {
    return undefined;
  }
}
