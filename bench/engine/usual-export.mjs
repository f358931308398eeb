/**
 * The graph that torch's exporter makes of transformers' DebertaV2ForSequenceClassification (modeling_deberta_v2.py,
 * 4.57): node for node what users of ONNX Runtime run today. Nothing is folded: positions, masks and the
 * projections of relative embeddings are computed in every pass, and the last layer for all tokens. For checkpoints of
 * v3 with share_att_key, log buckets and both position terms, which is what bench/generate-checkpoint.mjs makes.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { openCheckpoint } from '@heddle/checkpoint';
import { createModel } from '@heddle/onnx';

const FLOAT = 1;
const INT64 = 7;
const BOOL = 9;
const LOWEST = -3.4028234663852886e38;

/** Writes `model.onnx` and its data file into `outDir`: input_ids and attention_mask [batch, sequence] → logits. */
export async function writeUsualExport(checkpointDir, outDir) {
  const config = JSON.parse(await readFile(join(checkpointDir, 'config.json'), 'utf8'));
  const checkpoint = await openCheckpoint(checkpointDir);
  const model = await createModel(outDir, 'usual-export');
  try {
    await emit(model, checkpoint, config);
    await model.save();
  } finally {
    await model.close();
    await checkpoint.close();
  }
}

async function emit({ graph: g, weight }, checkpoint, config) {
  const { hidden_size: hidden, num_attention_heads: heads, num_hidden_layers: layers } = config;
  const size = hidden / heads;
  const read = (name) => checkpoint.read(name);
  const eps = config.layer_norm_eps ?? 1e-7;
  const op = (type, ...inputs) => g.node(type, inputs);
  const ints = (...values) => g.ints(values);
  const one = (value) => g.ints([value], []);

  const ids = g.input('input_ids', 'int64', ['batch', 'sequence']);
  const attentionMask = g.input('attention_mask', 'int64', ['batch', 'sequence']);

  async function linear(x, name, outputs, inputs = hidden) {
    const transposed = transpose(await read(`${name}.weight`), outputs, inputs);
    const product = op('MatMul', x, await weight(`${name}.weight`, [inputs, outputs], transposed));
    return op('Add', await weight(`${name}.bias`, [outputs], await read(`${name}.bias`)), product);
  }
  async function norm(x, name) {
    const parts = ['weight', 'bias'].map(async (part) =>
      weight(`${name}.${part}`, [hidden], await read(`${name}.${part}`)),
    );
    return g.node('LayerNormalization', [x, ...(await Promise.all(parts))], {
      axis: -1,
      epsilon: { float: eps },
    });
  }
  const gelu = (x) => {
    const erf = op('Erf', op('Div', x, g.float(Math.SQRT2)));
    return op('Mul', op('Mul', x, op('Add', erf, g.float(1))), g.float(0.5));
  };
  const shape = op('Shape', ids);
  const batch = g.node('Gather', [shape, one(0)], { axis: 0 });
  const length = g.node('Gather', [shape, one(1)], { axis: 0 });
  const unsqueeze = (x, ...axes) => op('Unsqueeze', x, ints(...axes));
  const shapeOf = (...sizes) =>
    g.node(
      'Concat',
      sizes.map((x) => (typeof x === 'number' ? ints(x) : unsqueeze(x, 0))),
      { axis: 0 },
    );
  const byHead = (x) =>
    op(
      'Reshape',
      g.node('Transpose', [op('Reshape', x, ints(0, 0, heads, size))], { perm: [0, 2, 1, 3] }),
      shapeOf(-1, length, size),
    );

  // Embeddings, padding set to zero.
  const table = 'deberta.embeddings.word_embeddings.weight';
  const words = op('Gather', await weight(table, [config.vocab_size, hidden], await read(table)), ids);
  const maskColumn = g.node('Cast', [unsqueeze(attentionMask, 2)], { to: FLOAT });
  let x = op('Mul', await norm(words, 'deberta.embeddings.LayerNorm'), maskColumn);

  // Pairs of real tokens. [B, 1, L, L]
  const wide = unsqueeze(attentionMask, 1, 2);
  const pairs = op('Mul', wide, g.node('Transpose', [wide], { perm: [0, 1, 3, 2] }));
  const attended = g.node('Cast', [pairs], { to: BOOL });

  // Relative positions in log buckets. [L, L]
  const positions = op('Range', one(0), length, one(1));
  const distances = op('Sub', unsqueeze(positions, 1), unsqueeze(positions, 0));
  const span = config.position_buckets;
  const bucket = logBucket(op, g, distances, span, config.max_position_embeddings);
  const clipped = (index) => op('Clip', index, one(0), one(2 * span - 1));
  const indexShape = shapeOf(op('Mul', batch, one(heads)), length, length);
  const indexOf = (index) => op('Expand', unsqueeze(clipped(index), 0), indexShape);
  const relName = 'deberta.encoder.rel_embeddings.weight';
  const relative = unsqueeze(
    await norm(await weight(relName, [2 * span, hidden], await read(relName)), 'deberta.encoder.LayerNorm'),
    0,
  );
  const tableByHead = (projected) => {
    const split = g.node('Transpose', [op('Reshape', projected, ints(0, 0, heads, size))], {
      perm: [0, 2, 1, 3],
    });
    return op('Tile', op('Reshape', split, ints(heads, 2 * span, size)), shapeOf(batch, 1, 1));
  };
  const scale = g.float(Math.sqrt(size * 3));
  const transposed = (y) => g.node('Transpose', [y], { perm: [0, 2, 1] });

  for (let layer = 0; layer < layers; layer++) {
    const name = `deberta.encoder.layer.${layer}`;
    const self = `${name}.attention.self`;
    const query = byHead(await linear(x, `${self}.query_proj`, hidden));
    const key = byHead(await linear(x, `${self}.key_proj`, hidden));
    const value = byHead(await linear(x, `${self}.value_proj`, hidden));
    const content = op('MatMul', query, op('Div', transposed(key), scale));
    const positionKeys = tableByHead(await linear(relative, `${self}.key_proj`, hidden));
    const positionQueries = tableByHead(await linear(relative, `${self}.query_proj`, hidden));
    const c2p = g.node(
      'GatherElements',
      [op('MatMul', query, transposed(positionKeys)), indexOf(op('Add', bucket, one(span)))],
      { axis: -1 },
    );
    const p2c = g.node(
      'GatherElements',
      [op('MatMul', key, transposed(positionQueries)), indexOf(op('Add', op('Neg', bucket), one(span)))],
      { axis: -1 },
    );
    const bias = op('Add', op('Div', c2p, scale), op('Div', transposed(p2c), scale));
    const scores = op('Reshape', op('Add', content, bias), shapeOf(-1, heads, length, length));
    const masked = op('Where', attended, scores, g.float(LOWEST));
    const weights = g.node('Softmax', [masked], { axis: -1 });
    const context = op('MatMul', op('Reshape', weights, shapeOf(-1, length, length)), value);
    const together = g.node('Transpose', [op('Reshape', context, shapeOf(-1, heads, length, size))], {
      perm: [0, 2, 1, 3],
    });
    const output = await linear(
      op('Reshape', together, ints(0, 0, hidden)),
      `${name}.attention.output.dense`,
      hidden,
    );
    const middle = await norm(op('Add', output, x), `${name}.attention.output.LayerNorm`);
    const inner = config.intermediate_size;
    const raised = gelu(await linear(middle, `${name}.intermediate.dense`, inner));
    const lowered = await linear(raised, `${name}.output.dense`, hidden, inner);
    x = await norm(op('Add', lowered, middle), `${name}.output.LayerNorm`);
  }
  const first = g.node('Gather', [x, one(0)], { axis: 1 });
  const pooled = gelu(await linear(first, 'pooler.dense', hidden));
  const labels = Object.keys(config.id2label).length;
  const logits = await linear(pooled, 'classifier', labels);
  g.node('Identity', [logits], {}, { output: 'logits' });
  g.output('logits', 'float32', ['batch', labels]);
}

/** make_log_bucket_position of modeling_deberta_v2.py. int64 → int64 */
function logBucket(op, g, distances, buckets, maxPosition) {
  const one = (value) => g.ints([value], []);
  const float = (x) => g.node('Cast', [x], { to: FLOAT });
  const mid = buckets / 2;
  const isNear = op('And', op('Less', distances, one(mid)), op('Greater', distances, one(-mid)));
  const far = op('Where', isNear, one(mid - 1), op('Abs', distances));
  const log = op('Log', op('Div', float(far), g.float(mid)));
  const scaled = op('Mul', op('Div', log, g.float(Math.log((maxPosition - 1) / mid))), g.float(mid - 1));
  const logarithmic = op('Add', op('Ceil', scaled), g.float(mid));
  const signed = op('Mul', logarithmic, float(op('Sign', distances)));
  const chosen = op('Where', op('LessOrEqual', far, one(mid)), float(distances), signed);
  return g.node('Cast', [chosen], { to: INT64 });
}

/** [rows, columns] → [columns, rows] */
function transpose(values, rows, columns) {
  const result = new Float32Array(values.length);
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++)
      result[column * rows + row] = values[row * columns + column];
  }
  return result;
}
