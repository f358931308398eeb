import type { Checkpoint } from '@heddle/checkpoint';
import { HeddleError } from '@heddle/contracts';
import { layerNorm, linear, type Matrix } from './matrix.js';

const PREFIXES = ['deberta.', '', 'bert.'];
/** What a tensor may be called, by what transformers calls it today. */
const OLD_NAMES: [RegExp, string][] = [
  [/LayerNorm\.weight$/, 'LayerNorm.gamma'],
  [/LayerNorm\.bias$/, 'LayerNorm.beta'],
  [/^cls\.predictions\.bias$/, 'cls.predictions.decoder.bias'],
];

/** The tensors of a checkpoint as the model's formulas name them. */
export class Tensors {
  constructor(
    private readonly checkpoint: Checkpoint,
    private readonly layerNormEps: number,
  ) {}

  /** Row-major values. Throws `missing-tensors`. */
  async read(name: string): Promise<Float32Array> {
    const stored = this.find(name);
    if (stored === undefined) {
      throw new HeddleError('missing-tensors', `${name} is missing`, { extra: { tensors: [name] } });
    }
    return this.checkpoint.read(stored);
  }

  /** x·Wᵀ + b with `<name>.weight` and, unless told otherwise, `<name>.bias`. */
  async linear(name: string, x: Matrix, bias: 'bias' | 'no bias' = 'bias'): Promise<Matrix> {
    const b = bias === 'bias' ? await this.read(`${name}.bias`) : null;
    return linear(x, await this.read(`${name}.weight`), b);
  }

  async layerNorm(name: string, x: Matrix): Promise<Matrix> {
    return layerNorm(
      x,
      await this.read(`${name}.weight`),
      await this.read(`${name}.bias`),
      this.layerNormEps,
    );
  }

  private find(name: string): string | undefined {
    const old = OLD_NAMES.filter(([now]) => now.test(name)).map(([now, then]) => name.replace(now, then));
    const spellings = PREFIXES.flatMap((prefix) => [name, ...old].map((spelling) => prefix + spelling));
    return spellings.find((spelling) => this.checkpoint.info(spelling) !== undefined);
  }
}
