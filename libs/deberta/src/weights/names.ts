/** Task models write `deberta.`, bare encoders nothing, Microsoft's first files `bert.`. */
const PREFIXES = ['deberta.', '', 'bert.'];
const PREFIX = /^(deberta|bert)\./;
/** Other names of the same tensors, all from files that are around. */
const OTHER_NAMES = [
  // LayerNorm in files of the TensorFlow age.
  [/LayerNorm\.weight$/, 'LayerNorm.gamma'],
  [/LayerNorm\.bias$/, 'LayerNorm.beta'],
  // transformers ties the two and may have written either.
  [/^cls\.predictions\.bias$/, 'cls.predictions.decoder.bias'],
] as const;

/**
 * The names a tensor may have in a checkpoint, the likeliest first. `_weight` is never one of them: Microsoft's
 * replaced-token training keeps there what it adds to the generator's embeddings, not the embeddings.
 */
export function spellings(name: string): string[] {
  const names = [
    name,
    ...OTHER_NAMES.filter(([now]) => now.test(name)).map(([now, other]) => name.replace(now, other)),
  ];
  return PREFIXES.flatMap((prefix) => names.map((spelling) => prefix + spelling));
}

/** A checkpoint's name without the model's prefix. */
export function bareName(name: string): string {
  return name.replace(PREFIX, '');
}
