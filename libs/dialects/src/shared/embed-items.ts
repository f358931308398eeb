/** Items of the embedding task: texts, or the ids of their tokens; a plain list of ids is one text. */
export function embedItemsOf(inputs: string | string[] | number[] | number[][]): unknown[] {
  if (typeof inputs === 'string') return [inputs];
  const isOne = typeof inputs[0] === 'number';
  return (isOne ? [inputs] : inputs).map((one) => (typeof one === 'string' ? one : { token_ids: one }));
}
