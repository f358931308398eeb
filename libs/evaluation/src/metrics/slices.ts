import { LIMITS } from '@heddle/contracts';
import { type ExampleColumn, NameColumn } from './columns.js';
import { shown, unfit } from './prediction.js';

/** Fields that a report is split by. */
export const MAX_FIELDS = 10;
/** Values of one field; a field with more, such as an id, is no slice. */
const MAX_VALUES = 100;

/** The examples with one value of a field. */
export interface Slice {
  field: string;
  value: string;
}

/** A slice as the key of a map, in the order of field and value. */
export function sliceKey({ field, value }: Slice): string {
  return `${field}\u0000${value}`;
}

/** Of every example the value of each field; '' for none. */
export class Slices implements ExampleColumn {
  readonly #fields = new Map<string, NameColumn>();
  readonly #tooMany = new Set<string>();
  #length = 0;

  get length(): number {
    return this.#length;
  }

  get nameColumns(): readonly NameColumn[] {
    return [...this.#fields.values()];
  }

  /** Fields with more than 100 values, which are not reported. */
  get omitted(): string[] {
    return [...this.#tooMany].sort();
  }

  /** Error: `validation` for too many fields or a value that is too long, and then nothing is kept. */
  push(values: Readonly<Record<string, string>>): void {
    this.check(values);
    for (const field of Object.keys(values)) this.#fieldOf(field);
    for (const [field, column] of this.#fields) {
      this.#pushValue(field, column, Object.hasOwn(values, field) ? values[field]! : '');
    }
    this.#length++;
  }

  check(values: Readonly<Record<string, string>>): void {
    const added = Object.keys(values).filter((field) => !this.#fields.has(field));
    if (this.#fields.size + added.length > MAX_FIELDS) {
      throw unfit(`Results are split by at most ${MAX_FIELDS} fields; "${added[0]}" is one more.`);
    }
    checkSlice(values);
  }

  append(other: this): void {
    for (const field of other.#tooMany) this.#tooMany.add(field);
    for (const field of other.#fields.keys()) this.#fieldOf(field);
    if (this.#fields.size > MAX_FIELDS) throw unfit(`Results are split by at most ${MAX_FIELDS} fields.`);
    for (const [field, column] of this.#fields) {
      const others = other.#fields.get(field);
      for (let i = 0; i < other.length; i++) {
        this.#pushValue(field, column, others ? others.vocabulary.names[others.values[i]!]! : '');
      }
    }
    this.#length += other.length;
  }

  permute(order: Uint32Array): void {
    for (const column of this.#fields.values()) column.permute(order);
  }

  /** All slices that have examples, by name. */
  list(): Slice[] {
    const slices = [...this.#fields]
      .filter(([field]) => !this.#tooMany.has(field))
      .flatMap(([field, { vocabulary }]) =>
        vocabulary.names.filter((value) => value !== '').map((value) => ({ field, value })),
      );
    return slices.sort((a, b) => (sliceKey(a) < sliceKey(b) ? -1 : 1));
  }

  /** Why there is no such slice; undefined where there is. */
  absence({ field, value }: Slice): string | undefined {
    if (this.#tooMany.has(field)) return `"${field}" has more than ${MAX_VALUES} values, and is no slice`;
    if (this.#fields.get(field)?.vocabulary.has(value)) return undefined;
    return `no examples have "${value}" in "${field}"`;
  }

  /** 1 for the examples of a slice; none where there is no such. */
  weights({ field, value }: Slice): Uint32Array {
    const column = this.#fields.get(field);
    if (!column || this.#tooMany.has(field) || !column.vocabulary.has(value)) {
      return new Uint32Array(this.#length);
    }
    const id = column.vocabulary.idOf(value);
    return column.values.map((own) => Number(own === id));
  }

  #fieldOf(field: string): void {
    if (this.#fields.has(field)) return;
    const column = new NameColumn();
    for (let i = 0; i < this.#length; i++) column.push('');
    this.#fields.set(field, column);
  }

  #pushValue(field: string, column: NameColumn, value: string): void {
    // The values seen so far, and '' for none.
    const isNew = !column.vocabulary.has(value);
    if (isNew && value !== '' && column.vocabulary.names.filter(Boolean).length >= MAX_VALUES) {
      this.#tooMany.add(field);
    }
    column.push(this.#tooMany.has(field) ? '' : value);
  }
}

/** Error: `validation` for names and values that are too long. */
export function checkSlice(values: Readonly<Record<string, string>>): void {
  for (const [field, value] of Object.entries(values)) {
    if (field.length > LIMITS.maxSliceFieldChars)
      throw unfit(
        `Results are split by fields of at most ${LIMITS.maxSliceFieldChars} characters, not ${shown(field)}.`,
      );
    if (typeof value === 'string' && value.length <= LIMITS.maxSliceValueChars) continue;
    throw unfit(
      `The field "${field}" splits by texts of at most ${LIMITS.maxSliceValueChars} characters, not ${shown(value)}.`,
    );
  }
}
