import { Vocabulary } from './vocabulary.js';

type Numbers = Float64Array<ArrayBuffer> | Uint32Array<ArrayBuffer>;

/** Something of every example, in the order of the examples. */
export interface ExampleColumn {
  readonly length: number;
  /** Adds the other's after one's own. */
  append(other: this): void;
  /** Puts example `order[i]` at place i. */
  permute(order: Uint32Array): void;
  /** Its columns of names, whose vocabularies may be sorted. */
  readonly nameColumns?: readonly NameColumn[];
}

/** One number an example, in a typed array that doubles: a million examples take 8 MB, or 4 MB as counts. */
class Column<T extends Numbers> implements ExampleColumn {
  #values: T;
  #length = 0;

  constructor(private readonly ArrayType: new (length: number) => T) {
    this.#values = new ArrayType(256);
  }

  get length(): number {
    return this.#length;
  }

  /** All numbers; a view that the next `push` may leave behind. */
  get values(): T {
    return this.#values.subarray(0, this.#length) as T;
  }

  push(value: number): void {
    this.#reserve(this.#length + 1);
    this.#values[this.#length++] = value;
  }

  append(other: this): void {
    this.#reserve(this.#length + other.length);
    this.#values.set(other.values, this.#length);
    this.#length += other.length;
  }

  permute(order: Uint32Array): void {
    const permuted = new this.ArrayType(order.length);
    for (let i = 0; i < order.length; i++) permuted[i] = this.#values[order[i]!]!;
    this.#values = permuted;
  }

  #reserve(length: number): void {
    if (length <= this.#values.length) return;
    const grown = new this.ArrayType(Math.max(length, this.#values.length * 2));
    grown.set(this.values);
    this.#values = grown;
  }
}

export type NumberColumn = Column<Float64Array<ArrayBuffer>>;
export type CountColumn = Column<Uint32Array<ArrayBuffer>>;
export const numberColumn = (): NumberColumn => new Column<Float64Array<ArrayBuffer>>(Float64Array);
export const countColumn = (): CountColumn => new Column<Uint32Array<ArrayBuffer>>(Uint32Array);

/** One name an example, kept as its number in a vocabulary that columns may share. */
export class NameColumn implements ExampleColumn {
  readonly #ids = countColumn();

  constructor(readonly vocabulary: Vocabulary = new Vocabulary()) {}

  get length(): number {
    return this.#ids.length;
  }

  get values(): Uint32Array<ArrayBuffer> {
    return this.#ids.values;
  }

  push(name: string): void {
    this.#ids.push(this.vocabulary.idOf(name));
  }

  append(other: this): void {
    const ids = other.vocabulary.names.map((name) => this.vocabulary.idOf(name));
    for (const id of other.values) this.#ids.push(ids[id]!);
  }

  permute(order: Uint32Array): void {
    this.#ids.permute(order);
  }

  get nameColumns(): readonly NameColumn[] {
    return [this];
  }

  /** `ids`: the new number of each old one. */
  renumber(ids: Uint32Array): void {
    const { values } = this.#ids;
    for (let i = 0; i < values.length; i++) values[i] = ids[values[i]!]!;
  }
}

/** Numbers all names by their order, so that sums over names do not depend on which came first. */
export function sortNames(columns: readonly ExampleColumn[]): void {
  const named = columns.flatMap(({ nameColumns }) => nameColumns ?? []);
  for (const vocabulary of new Set(named.map((column) => column.vocabulary))) {
    const ids = vocabulary.sort();
    for (const column of named) if (column.vocabulary === vocabulary) column.renumber(ids);
  }
}

/** A list an example: every entry has a name and some numbers. */
export class ListColumn implements ExampleColumn {
  readonly #lengths = countColumn();
  readonly names: NameColumn;
  readonly numbers: NumberColumn[];

  constructor(vocabulary: Vocabulary, width: number) {
    this.names = new NameColumn(vocabulary);
    this.numbers = Array.from({ length: width }, numberColumn);
  }

  get length(): number {
    return this.#lengths.length;
  }

  get nameColumns(): readonly NameColumn[] {
    return [this.names];
  }

  /** Number of entries of all examples. */
  get entries(): number {
    return this.names.length;
  }

  /** The example that each entry belongs to. */
  owners(): Uint32Array<ArrayBuffer> {
    const owners = new Uint32Array(this.entries);
    let entry = 0;
    this.#lengths.values.forEach((length, example) => {
      owners.fill(example, entry, entry + length);
      entry += length;
    });
    return owners;
  }

  push(entries: readonly (readonly [name: string, ...numbers: number[]])[]): void {
    for (const [name, ...numbers] of entries) {
      this.names.push(name);
      this.numbers.forEach((column, i) => {
        column.push(numbers[i]!);
      });
    }
    this.#lengths.push(entries.length);
  }

  append(other: this): void {
    this.#lengths.append(other.#lengths);
    this.names.append(other.names);
    this.numbers.forEach((column, i) => {
      column.append(other.numbers[i]!);
    });
  }

  permute(order: Uint32Array): void {
    const lengths = this.#lengths.values;
    const starts = startsOf(lengths);
    const entries = new Uint32Array(this.entries);
    let entry = 0;
    for (const example of order) {
      for (let i = 0; i < lengths[example]!; i++) entries[entry++] = starts[example]! + i;
    }
    this.#lengths.permute(order);
    this.names.permute(entries);
    for (const column of this.numbers) column.permute(entries);
  }
}

function startsOf(lengths: Uint32Array): Uint32Array {
  const starts = new Uint32Array(lengths.length);
  for (let i = 1; i < lengths.length; i++) starts[i] = starts[i - 1]! + lengths[i - 1]!;
  return starts;
}
