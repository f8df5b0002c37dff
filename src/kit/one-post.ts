/**
 * one-post: what is said to another thread in one turn of the loop goes there in one message, in its order, because each message wakes the other
 * thread. Nothing waits longer than until the next turn.
 */
export class OnePost<Word> {
  readonly #post: (words: readonly Word[]) => void;
  #words: Word[] = [];

  constructor(post: (words: readonly Word[]) => void) {
    this.#post = post;
  }

  say(word: Word): void {
    this.#words.push(word);
    if (this.#words.length > 1) return;
    setImmediate(() => {
      const words = this.#words;
      this.#words = [];
      this.#post(words);
    });
  }
}
