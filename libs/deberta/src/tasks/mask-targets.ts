import { HeddleError } from '@heddle/contracts';
import type { Tokenizer } from '../tokenizer/tokenizer.js';

/** A filling that was asked for by name. */
export interface Target {
  id: number;
  /** Set when the name is no token of the vocabulary and its first piece stands for it. */
  warning?: string;
}

/**
 * Tokens by their names in the vocabulary, each once. Another name stands for the first piece it is tokenised to, as
 * in transformers' FillMaskPipeline. Errors: `invalid-input` when names were given and none of them is anything.
 */
export async function targetsOf(names: string[], tokenizer: Tokenizer): Promise<Target[]> {
  const found = await Promise.all(names.map((name) => targetOf(name, tokenizer)));
  const targets = new Map<number, Target>();
  for (const target of found) if (target && !targets.has(target.id)) targets.set(target.id, target);
  if (names.length > 0 && targets.size === 0) {
    throw new HeddleError(
      'invalid-input',
      'None of the targets is a token or has a piece in the vocabulary.',
    );
  }
  return [...targets.values()];
}

async function targetOf(name: string, tokenizer: Tokenizer): Promise<Target | null> {
  const known = tokenizer.tokenToId(name);
  if (known !== null) return { id: known };
  const options = { maxTokens: Number.POSITIVE_INFINITY, truncate: false, truncationSide: 'right' } as const;
  const { ids, special } = await tokenizer.encode({ text: name }, options);
  const id = ids[special.indexOf(0)];
  if (id === undefined) return null;
  const piece = tokenizer.idToToken(id);
  return { id, warning: `"${name}" is not in the vocabulary; its first piece "${piece}" stands for it.` };
}
