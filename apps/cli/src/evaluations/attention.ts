import { join } from 'node:path';
import { HeddleError } from '@heddle/contracts';
import { AttentionProfile, type AttentionReport } from '@heddle/evaluation';
import { type EngineOptions, withEngine } from './engine.js';
import type { LocalVersion } from './open-version.js';
import type { PlainText } from './texts.js';

/** Longest text in tokens: the numbers are as many as the square of it. */
const MAX_TOKENS = 512;
/** Bytes that one pass hands over; a model with more gives its layers in turn. */
const PASS_BYTES = 64 * 1024 ** 2;
const ATTENTION_FILE = 'attention.onnx';

/** Averages the attention of a version over texts, which are cut at 512 tokens. Errors: `validation` where all are empty. */
export function attentionOf(
  version: LocalVersion,
  texts: readonly PlainText[],
  { dataset, engine }: { dataset: string; engine: EngineOptions },
): Promise<AttentionReport> {
  const { tokenizer, maxTokens, architecture } = version.served;
  const { layers, heads } = architecture;
  const profile = new AttentionProfile(layers, heads);
  return withEngine(engine, async (child) => {
    await child.open(join(version.folder, ATTENTION_FILE));
    for (const text of texts) {
      const options = { maxTokens: Math.min(maxTokens, MAX_TOKENS), truncate: true } as const;
      const encoding = await tokenizer.encode(text, { ...options, truncationSide: 'right' });
      const bytes = heads * encoding.length ** 2 * Float32Array.BYTES_PER_ELEMENT;
      const atOnce = Math.max(1, Math.floor(PASS_BYTES / bytes));
      const probabilities: Float32Array[] = [];
      while (probabilities.length < layers) {
        const from = probabilities.length;
        const count = Math.min(atOnce, layers - from);
        const outputs = Array.from({ length: count }, (_, i) => `probs.${from + i}`);
        const row = await child.run({ encoding, graph: 'attention', outputs });
        for (const name of outputs) probabilities.push(row[name]!.data);
      }
      profile.add(encoding.special, probabilities);
    }
    if (profile.texts === 0) throw new HeddleError('validation', 'The texts have no token of their own.');
    return profile.report({ model: version.name, dataset });
  });
}
