import { type Context, result } from '../context.js';
import { emitEmbeddings } from '../embeddings.js';
import { emitEncoder } from '../encoder.js';
import { linear } from '../products.js';
import { allTokens } from '../queries.js';

/** qa_outputs(token): where an answer starts and ends. start_logits, end_logits [B, L] */
export async function emitQuestionAnswering(context: Context): Promise<void> {
  const { graph } = context;
  const sequence = await emitEmbeddings(context);
  const encoded = await emitEncoder(context, sequence, (last) => allTokens(context, last));
  const logits = await linear(context, 'qa_outputs', encoded);
  const shape = graph.node('Concat', [sequence.batch, sequence.length], { axis: 0 });
  for (const [column, name] of ['start_logits', 'end_logits'].entries()) {
    const values = graph.node('Gather', [logits, graph.ints([column], [])], { axis: 1 });
    await result(context, name, ['batch', 'sequence'], (named) =>
      graph.node('Reshape', [values, shape], {}, named),
    );
  }
}
