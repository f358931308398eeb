import { MAX_INTEGER_BYTES } from './limits.js';
import type { PickleMachine } from './machine.js';

type Step = (machine: PickleMachine) => void;

/** Ends a pickle. */
export const STOP = 0x2e;

/**
 * What every permitted opcode does, by its byte. The list is that of torch's and Python's writers for data;
 * opcodes that create objects of any class are in `FORBIDDEN`. Semantics: CPython's Lib/pickletools.py.
 */
export const STEPS: ReadonlyMap<number, Step> = new Map<number, Step>([
  [0x80, protocol],
  // FRAME only announces how much may be read at once.
  [0x95, ({ cursor }) => void cursor.uint64()],

  [code('N'), (m) => m.push(null)],
  [0x88, (m) => m.push(true)],
  [0x89, (m) => m.push(false)],
  [code('K'), (m) => m.push(m.cursor.uint8())],
  [code('M'), (m) => m.push(m.cursor.uint16())],
  [code('J'), (m) => m.push(m.cursor.int32())],
  [0x8a, (m) => m.push(integer(m, m.cursor.uint8()))],
  [0x8b, (m) => m.push(integer(m, m.cursor.uint32()))],
  [code('I'), (m) => m.push(textInteger(m, true))],
  [code('L'), (m) => m.push(textInteger(m, false))],
  [code('G'), (m) => m.push(m.cursor.float64())],
  [code('F'), (m) => m.push(textFloat(m))],

  [code('X'), (m) => m.push(m.cursor.text(m.cursor.uint32()))],
  [0x8c, (m) => m.push(m.cursor.text(m.cursor.uint8()))],
  [0x8d, (m) => m.push(m.cursor.text(m.cursor.uint64()))],
  // Texts of Python 2, which torch's reader takes for UTF-8.
  [code('T'), (m) => m.push(m.cursor.text(m.cursor.uint32()))],
  [code('U'), (m) => m.push(m.cursor.text(m.cursor.uint8()))],

  [code('('), (m) => m.mark()],
  [code('0'), (m) => m.discard()],
  [code('1'), (m) => void m.popToMark()],
  [code('2'), (m) => m.push(m.top())],
  [code(']'), (m) => m.pushList([])],
  [code('l'), (m) => m.pushList(m.popToMark())],
  [code('a'), (m) => m.append(m.popMany(1))],
  [code('e'), (m) => m.append(m.popToMark())],
  [code(')'), (m) => m.pushTuple([])],
  [code('t'), (m) => m.pushTuple(m.popToMark())],
  [0x85, (m) => m.pushTuple(m.popMany(1))],
  [0x86, (m) => m.pushTuple(m.popMany(2))],
  [0x87, (m) => m.pushTuple(m.popMany(3))],
  [code('}'), (m) => m.pushDictionary([])],
  [code('d'), (m) => m.pushDictionary(m.popToMark())],
  [code('s'), (m) => m.setItems(m.popMany(2))],
  [code('u'), (m) => m.setItems(m.popToMark())],

  [code('q'), (m) => m.remember(m.cursor.uint8())],
  [code('r'), (m) => m.remember(m.cursor.uint32())],
  [code('p'), (m) => m.remember(memoIndex(m))],
  [0x94, (m) => m.rememberNext()],
  [code('h'), (m) => m.recall(m.cursor.uint8())],
  [code('j'), (m) => m.recall(m.cursor.uint32())],
  [code('g'), (m) => m.recall(memoIndex(m))],

  [code('c'), (m) => m.push(m.rules.global(m.cursor.line(), m.cursor.line()))],
  [0x93, stackGlobal],
  [code('R'), (m) => m.reduce()],
  [code('b'), (m) => m.build()],
  [code('P'), (m) => m.push(m.rules.persistent(m.cursor.line()))],
  [code('Q'), (m) => m.push(m.rules.persistent(m.pop()))],
]);

/** Opcodes that make objects by other ways than a call of an allowed name. */
export const FORBIDDEN: ReadonlyMap<number, string> = new Map([
  [code('i'), 'INST'],
  [code('o'), 'OBJ'],
  [0x81, 'NEWOBJ'],
  [0x92, 'NEWOBJ_EX'],
  [0x82, 'EXT1'],
  [0x83, 'EXT2'],
  [0x84, 'EXT4'],
  [0x97, 'NEXT_BUFFER'],
  [0x98, 'READONLY_BUFFER'],
]);

/** The newest protocol Python writes. */
const MAX_PROTOCOL = 5;

function code(character: string): number {
  return character.charCodeAt(0);
}

function protocol(machine: PickleMachine): void {
  const version = machine.cursor.uint8();
  if (version > MAX_PROTOCOL) machine.refuse(`protocol ${version} is unknown`);
}

/** Signed, little-endian, two's complement. A number where it is exact, else a bigint. */
function integer(machine: PickleMachine, length: number): number | bigint {
  if (length > MAX_INTEGER_BYTES) machine.refuse(`an integer of ${length} bytes`);
  const bytes = machine.cursor.raw(length);
  let value = 0n;
  for (let i = length - 1; i >= 0; i--) value = (value << 8n) | BigInt(bytes[i]!);
  return exact(BigInt.asIntN(8 * length, value));
}

/** Protocol 0 writes booleans as the integers 00 and 01. */
function textInteger(machine: PickleMachine, booleans: boolean): number | bigint | boolean {
  const line = machine.cursor.line();
  if (booleans && (line === '00' || line === '01')) return line === '01';
  const digits = !booleans && line.endsWith('L') ? line.slice(0, -1) : line;
  if (!/^-?[0-9]{1,100}$/.test(digits)) machine.refuse('an integer that is none');
  return exact(BigInt(digits));
}

function textFloat(machine: PickleMachine): number {
  const line = machine.cursor.line();
  const value = Number(line);
  if (!/^-?[0-9.]+(e[-+]?[0-9]+)?$/.test(line) || Number.isNaN(value)) machine.refuse('a float that is none');
  return value;
}

function exact(value: bigint): number | bigint {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
}

function memoIndex(machine: PickleMachine): number {
  const index = textInteger(machine, false);
  if (typeof index !== 'number' || index < 0) machine.refuse('a memo index that is none');
  return index;
}

function stackGlobal(machine: PickleMachine): void {
  const [module, name] = machine.popMany(2);
  if (typeof module !== 'string' || typeof name !== 'string') machine.refuse('a global without a name');
  machine.push(machine.rules.global(module, name));
}
