import { HeddleError } from '@heddle/contracts';
import type { PickleCursor } from './cursor.js';
import {
  MAX_CALLED_ENTRIES,
  MAX_MEMO_ENTRIES,
  MAX_OBJECTS,
  MAX_SEQUENCES,
  MAX_STACK_DEPTH,
} from './limits.js';

/** What a pickle may refer to beyond plain data; every function throws for what is not on its list. */
export interface PickleRules {
  /** A name stands for an inert value of the reader's choice: nothing is ever looked up or run. */
  global(module: string, name: string): unknown;
  call(callee: unknown, args: readonly unknown[]): unknown;
  persistent(id: unknown): unknown;
}

/**
 * State of the pickle's stack machine. Lists are arrays, tuples frozen arrays, dictionaries maps; everything
 * else is a primitive or a value of the rules.
 */
export class PickleMachine {
  private readonly stack: unknown[] = [];
  /** Heights of the stack at which a group of items begins. */
  private readonly marks: number[] = [];
  private readonly memo = new Map<number, unknown>();
  private sequences = 0;
  private objects = 0;
  private calledEntries = 0;

  constructor(
    readonly cursor: PickleCursor,
    readonly rules: PickleRules,
  ) {}

  push(value: unknown): void {
    if (this.stack.length >= MAX_STACK_DEPTH) this.refuse(`more than ${MAX_STACK_DEPTH} values on the stack`);
    this.stack.push(value);
  }

  pop(): unknown {
    this.requireItems(1);
    return this.stack.pop();
  }

  top(): unknown {
    this.requireItems(1);
    return this.stack.at(-1);
  }

  popMany(count: number): unknown[] {
    this.requireItems(count);
    return this.stack.splice(this.stack.length - count);
  }

  mark(): void {
    if (this.marks.length >= MAX_STACK_DEPTH) this.refuse(`more than ${MAX_STACK_DEPTH} marks`);
    this.marks.push(this.stack.length);
  }

  /** The values above the last mark. */
  popToMark(): unknown[] {
    const mark = this.marks.pop();
    if (mark === undefined) this.refuse('no mark on the stack');
    return this.stack.splice(mark);
  }

  /** Removes a value, or a mark when nothing is above it. */
  discard(): void {
    if (this.marks.at(-1) === this.stack.length) this.marks.pop();
    else this.pop();
  }

  /** What a finished pickle leaves behind: exactly one value. */
  result(): unknown {
    const value = this.pop();
    if (this.stack.length > 0 || this.marks.length > 0) this.refuse('values are left on the stack');
    return value;
  }

  remember(index: number): void {
    this.memo.set(index, this.top());
    if (this.memo.size > MAX_MEMO_ENTRIES) this.refuse(`more than ${MAX_MEMO_ENTRIES} memo entries`);
  }

  rememberNext(): void {
    this.remember(this.memo.size);
  }

  recall(index: number): void {
    if (!this.memo.has(index)) this.refuse(`memo entry ${index} was never stored`);
    this.push(this.memo.get(index));
  }

  pushList(items: unknown[]): void {
    this.countSequence();
    this.push(items);
  }

  pushTuple(items: unknown[]): void {
    this.countSequence();
    this.push(Object.freeze(items));
  }

  pushDictionary(flat: unknown[]): void {
    this.countObject();
    this.push(new Map());
    this.setItems(flat);
  }

  append(items: unknown[]): void {
    const list = this.top();
    if (!Array.isArray(list) || Object.isFrozen(list)) this.refuse('an item for something that is no list');
    for (const item of items) list.push(item);
  }

  /** `flat` is key, value, key, value … for the dictionary on top of the stack. */
  setItems(flat: unknown[]): void {
    const dictionary = this.top();
    if (!(dictionary instanceof Map)) this.refuse('an item for something that is no dictionary');
    if (flat.length % 2 !== 0) this.refuse('a key without a value');
    for (let i = 0; i < flat.length; i += 2) {
      const key = flat[i];
      if (key === null || typeof key === 'object') this.refuse('a key that is neither a text nor a number');
      // Of a repeated key the last one counts, as for Python.
      dictionary.set(key, flat[i + 1]);
    }
  }

  /** State of a rebuilt object: state dicts carry version numbers there, which nothing needs. */
  build(): void {
    this.pop();
    if (!(this.top() instanceof Map)) this.refuseAsUnsafe('sets the state of an object');
  }

  reduce(): void {
    const args = this.pop();
    if (!Array.isArray(args) || !Object.isFrozen(args)) this.refuse('a call without a tuple of arguments');
    this.countObject();
    const value = this.rules.call(this.pop(), args);
    this.calledEntries += value instanceof Map ? value.size : 0;
    if (this.calledEntries > MAX_CALLED_ENTRIES) this.refuse('its calls make too many dictionary entries');
    this.push(value);
  }

  refuse(reason: string): never {
    this.cursor.refuse(reason);
  }

  refuseAsUnsafe(what: string): never {
    throw new HeddleError('unsafe-pickle', `${this.cursor.fileName}: the pickle ${what}; refused`);
  }

  private countObject(): void {
    this.objects += 1;
    if (this.objects > MAX_OBJECTS) this.refuse(`more than ${MAX_OBJECTS} dictionaries and calls`);
  }

  private countSequence(): void {
    this.sequences += 1;
    if (this.sequences > MAX_SEQUENCES) this.refuse(`more than ${MAX_SEQUENCES} lists and tuples`);
  }

  private requireItems(count: number): void {
    if (this.stack.length - (this.marks.at(-1) ?? 0) < count) this.refuse('the stack has too few values');
  }
}
