import { HeddleError } from '@heddle/contracts';

/** Names and their numbers, in the order they were first seen. */
export class Vocabulary {
  readonly names: string[] = [];
  readonly #ids = new Map<string, number>();
  readonly #open: boolean;

  /**
   * `known` come first. A closed vocabulary takes no other, and an open one at most `limit`. Error of `idOf`:
   * `validation` for one that is not known, or too many.
   */
  constructor(
    known: readonly string[] = [],
    private readonly options: { closed?: boolean; limit?: number; what?: string } = {},
  ) {
    for (const name of known) this.#add(name);
    this.#open = !options.closed;
  }

  has(name: string): boolean {
    return this.#ids.has(name);
  }

  /** The number of a name, which an open vocabulary takes up. */
  idOf(name: string): number {
    return this.#ids.get(name) ?? this.#take(name);
  }

  #take(name: string): number {
    const { limit = Number.POSITIVE_INFINITY, what = 'name' } = this.options;
    if (!this.#open) {
      const some = this.names.slice(0, 20).join(', ');
      const more = this.names.length > 20 ? `, and ${this.names.length - 20} more` : '';
      throw new HeddleError('validation', `"${name}" is not a ${what} of the model: it has ${some}${more}.`);
    }
    if (this.names.length >= limit) {
      throw new HeddleError(
        'validation',
        `There are more than ${limit} ${what}s: "${name}" is one too many.`,
      );
    }
    return this.#add(name);
  }

  #add(name: string): number {
    this.#ids.set(name, this.names.length);
    return this.names.push(name) - 1;
  }
}
