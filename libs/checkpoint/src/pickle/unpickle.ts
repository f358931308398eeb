import { PickleCursor } from './cursor.js';
import { MAX_OPCODES } from './limits.js';
import { PickleMachine, type PickleRules } from './machine.js';
import { FORBIDDEN, STEPS, STOP } from './opcodes.js';
import { requireSmallTree } from './tree.js';

export interface Unpickled {
  value: unknown;
  /** Position after the last byte of the pickle, in the bytes that were given. */
  end: number;
}

/**
 * Reads one pickle as data: nothing is executed, names are resolved by `rules` alone. Throws `unsafe-pickle`
 * for what would run code, `invalid-weights` for what is malformed or beyond a limit.
 */
export function unpickle(bytes: Uint8Array, fileName: string, rules: PickleRules): Unpickled {
  const cursor: PickleCursor = new PickleCursor(bytes, fileName);
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

function refuseOpcode(machine: PickleMachine, opcode: number): never {
  const forbidden = FORBIDDEN.get(opcode);
  if (forbidden !== undefined) machine.refuseAsUnsafe(`uses the opcode ${forbidden}`);
  machine.refuse(`opcode 0x${opcode.toString(16).padStart(2, '0')} is not one that is read`);
}
