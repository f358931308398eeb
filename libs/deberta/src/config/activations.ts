import { unsupported } from './parse.js';

/** Activations by the names configurations use (transformers activations.py, ACT2FN), as what the graph emits. */
const ACTIVATIONS = {
  gelu: 'gelu',
  gelu_python: 'gelu',
  gelu_10: 'gelu-clipped',
  gelu_new: 'gelu-tanh',
  gelu_fast: 'gelu-tanh',
  gelu_accurate: 'gelu-tanh',
  gelu_pytorch_tanh: 'gelu-tanh',
  gelu_python_tanh: 'gelu-tanh',
  quick_gelu: 'gelu-sigmoid',
  relu: 'relu',
  relu2: 'relu-squared',
  relu6: 'relu6',
  leaky_relu: 'leaky-relu',
  silu: 'silu',
  swish: 'silu',
  mish: 'mish',
  laplace: 'laplace',
  tanh: 'tanh',
  sigmoid: 'sigmoid',
  linear: 'linear',
} as const;

export type Activation = (typeof ACTIVATIONS)[keyof typeof ACTIVATIONS];

/** Throws `unsupported-architecture` naming `key`. */
export function readActivation(key: string, name: string): Activation {
  const known = Object.hasOwn(ACTIVATIONS, name);
  if (!known) unsupported(key, name, Object.keys(ACTIVATIONS));
  return ACTIVATIONS[name as keyof typeof ACTIVATIONS];
}
