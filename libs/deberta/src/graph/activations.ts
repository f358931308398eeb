import type { Value } from '@heddle/onnx';
import type { Activation } from '../config/activations.js';
import type { Context } from './context.js';

/** The normal distribution whose distribution function the activation is, with the reference's digits. */
const LAPLACE = { mean: 707_107e-6, deviation: 0.282_095 };

/** What no value is below: the minimum of the function, rounded away from zero. Others have none, or are rarely used. */
const LOWEST: Partial<Record<Activation, number>> = {
  gelu: 0.17,
  'gelu-tanh': 0.1702,
  silu: 0.2785,
  relu: 0,
  'relu-squared': 0,
};

/** Element-wise, as transformers' activations.py has them. */
export function activation(context: Context, kind: Activation, x: Value): Value {
  const activated = emit(context, kind, x);
  const below = LOWEST[kind];
  if (below !== undefined) context.known.set(activated, { kind: 'bounded', below });
  return activated;
}

function emit({ graph, floats }: Context, kind: Activation, x: Value): Value {
  switch (kind) {
    case 'gelu':
      return graph.node('Gelu', [x], { approximate: 'none' });
    case 'gelu-tanh':
      return graph.node('Gelu', [x], { approximate: 'tanh' });
    case 'gelu-clipped':
      return graph.node('Clip', [
        graph.node('Gelu', [x], { approximate: 'none' }),
        graph.float(-10, floats),
        graph.float(10, floats),
      ]);
    case 'gelu-sigmoid': {
      const gate = graph.node('Sigmoid', [graph.node('Mul', [x, graph.float(1.702, floats)])]);
      return graph.node('Mul', [x, gate]);
    }
    case 'silu':
      return graph.node('Mul', [x, graph.node('Sigmoid', [x])]);
    case 'mish':
      return graph.node('Mish', [x]);
    case 'relu':
      return graph.node('Relu', [x]);
    case 'relu-squared': {
      const positive = graph.node('Relu', [x]);
      return graph.node('Mul', [positive, positive]);
    }
    case 'relu6':
      return graph.node('Clip', [x, graph.float(0, floats), graph.float(6, floats)]);
    case 'leaky-relu':
      return graph.node('LeakyRelu', [x], { alpha: { float: 0.01 } });
    case 'laplace': {
      const centred = graph.node('Sub', [x, graph.float(LAPLACE.mean, floats)]);
      const scaled = graph.node('Div', [centred, graph.float(LAPLACE.deviation * Math.SQRT2, floats)]);
      const doubled = graph.node('Add', [graph.node('Erf', [scaled]), graph.float(1, floats)]);
      return graph.node('Mul', [doubled, graph.float(0.5, floats)]);
    }
    case 'tanh':
      return graph.node('Tanh', [x]);
    case 'sigmoid':
      return graph.node('Sigmoid', [x]);
    case 'linear':
      return x;
  }
}
