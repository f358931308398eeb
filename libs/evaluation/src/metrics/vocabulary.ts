import { HeddleError } from '@heddle/contracts';

/** Labels of one model, or types of entity; vocabularies of classifiers end far below. */
export const MAX_LABELS = 10_000;

/** Names and their numbers, in the order they were first seen, until they are sorted. */
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

  /** Whether `idOf` would take all of these. Error: `validation`, and then none is taken. */
  check(names: Iterable<string>): void {
    const { limit = Number.POSITIVE_INFINITY } = this.options;
    const added = new Set<string>();
    for (const name of names) {
      if (this.#ids.has(name) || added.has(name)) continue;
      if (!this.#open || this.names.length + added.size >= limit) throw this.#refused(name);
      added.add(name);
    }
  }

  /** Numbers the names by their order. Gives the new number of each old one. */
  sort(): Uint32Array {
    const before = [...this.names];
    this.names.sort((a, b) => (a < b ? -1 : 1));
    for (const [id, name] of this.names.entries()) this.#ids.set(name, id);
    return Uint32Array.from(before, (name) => this.#ids.get(name)!);
  }

  #take(name: string): number {
    const { limit = Number.POSITIVE_INFINITY } = this.options;
    if (!this.#open || this.names.length >= limit) throw this.#refused(name);
    return this.#add(name);
  }

  #refused(name: string): HeddleError {
    const { limit, what = 'name' } = this.options;
    if (this.#open)
      return new HeddleError(
        'validation',
        `There are more than ${limit} ${what}s: "${name}" is one too many.`,
      );
    const some = this.names.slice(0, 20).join(', ');
    const more = this.names.length > 20 ? `, and ${this.names.length - 20} more` : '';
    return new HeddleError('validation', `"${name}" is not a ${what} of the model: it has ${some}${more}.`);
  }

  #add(name: string): number {
    this.#ids.set(name, this.names.length);
    return this.names.push(name) - 1;
  }
}
