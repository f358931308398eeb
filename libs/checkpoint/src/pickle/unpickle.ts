import type { ByteFile } from '../bytes/byte-file.js';
import { PickleCursor, PickleCutOff } from './cursor.js';
import { MAX_OPCODES, MAX_PICKLE_BYTES } from './limits.js';
import { PickleMachine, type PickleRules } from './machine.js';
import { FORBIDDEN, STEPS, STOP } from './opcodes.js';
import { requireSmallTree } from './tree.js';

export interface Unpickled {
  value: unknown;
  /** Position after the last byte of the pickle. */
  end: number;
}

/**
 * Reads one pickle as data: nothing is executed, names are resolved by `rules` alone. Throws `unsafe-pickle`
 * for what would run code, `invalid-weights` for what is malformed or beyond a limit.
 */
export function unpickle(bytes: Uint8Array, fileName: string, rules: PickleRules, begin = 0): Unpickled {
  const cursor: PickleCursor = new PickleCursor(bytes, fileName, begin);
  const machine: PickleMachine = new PickleMachine(cursor, rules);
  for (let opcodes = 0; ; opcodes++) {
    if (opcodes === MAX_OPCODES) machine.refuse(`more than ${MAX_OPCODES} opcodes`);
    const opcode = cursor.uint8();
    if (opcode === STOP) break;
    const step = STEPS.get(opcode);
    if (step === undefined) refuseOpcode(machine, opcode);
    step(machine);
  }
  const value = machine.result();
  requireSmallTree(value, (reason) => machine.refuse(reason));
  return { value, end: cursor.at };
}

/** Bytes tried first when the length of a pickle is not known; most are smaller. */
const FIRST_WINDOW_BYTES = 64 * 1024;

/** Reads the pickle that starts at `begin` of a file and ends at an unknown place before `end`. */
export async function unpickleAt(
  file: ByteFile,
  begin: number,
  end: number,
  rules: PickleRules,
): Promise<Unpickled> {
  const largest = Math.min(end - begin, MAX_PICKLE_BYTES);
  for (let window = FIRST_WINDOW_BYTES; ; window *= 16) {
    const length = Math.min(window, largest);
    const bytes = await file.bytes(begin, length);
    try {
      const found = unpickle(bytes, file.name, rules);
      return { value: found.value, end: begin + found.end };
    } catch (error) {
      if (!(error instanceof PickleCutOff) || length === largest) throw error;
    }
  }
}

function refuseOpcode(machine: PickleMachine, opcode: number): never {
  const forbidden = FORBIDDEN.get(opcode);
  if (forbidden !== undefined) machine.refuseAsUnsafe(`uses the opcode ${forbidden}`);
  machine.refuse(`opcode 0x${opcode.toString(16).padStart(2, '0')} is not one that is read`);
}
