import type { ErrorCode } from './errors.js';

/**
 * Classes of fault in a checkpoint, as collections of hostile files name them (parity fixtures, `reason`), and the
 * code that an import answers each with.
 */
export const FAULT_CODES: Readonly<Record<string, ErrorCode>> = {
  'malformed-config': 'invalid-config',
  'invalid-config': 'invalid-config',
  'unsupported-config': 'unsupported-architecture',
  'unsupported-model': 'unsupported-architecture',
  'forbidden-global': 'unsafe-pickle',
  'forbidden-opcode': 'unsafe-pickle',
  'malformed-pickle': 'invalid-weights',
  'malformed-archive': 'invalid-weights',
  'malformed-index': 'invalid-weights',
  'malformed-safetensors': 'invalid-weights',
  'tensor-out-of-bounds': 'invalid-weights',
  'unsupported-dtype': 'unsupported-weights',
  'missing-weights': 'not-a-checkpoint',
  'missing-shard': 'missing-tensors',
  'missing-tensor': 'missing-tensors',
  'shape-mismatch': 'missing-tensors',
  'non-finite-weights': 'model-nonfinite',
  'unsafe-path': 'unsafe-path',
  'malformed-tokenizer': 'unsupported-tokenizer',
};
