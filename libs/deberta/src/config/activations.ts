/** Activations by the names configurations use, as the kind the graph emits. */
const ACTIVATIONS = {
  gelu: 'gelu',
  gelu_python: 'gelu',
  gelu_new: 'gelu-tanh',
  gelu_pytorch_tanh: 'gelu-tanh',
  relu: 'relu',
  silu: 'silu',
  swish: 'silu',
  tanh: 'tanh',
  sigmoid: 'sigmoid',
  linear: 'linear',
} as const;

export type Activation = (typeof ACTIVATIONS)[keyof typeof ACTIVATIONS];
export const ACTIVATION_NAMES = Object.keys(ACTIVATIONS);

/** Undefined for a name that is not supported. */
export function activationOf(name: string): Activation | undefined {
  return Object.hasOwn(ACTIVATIONS, name) ? ACTIVATIONS[name as keyof typeof ACTIVATIONS] : undefined;
}
