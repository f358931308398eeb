/**
 * Writes a checkpoint of a real size with random weights, so that benches and specs need no download:
 * node bench/generate-checkpoint.mjs <folder> --shape v3-base [--layers 48 --hidden 32 …] [--dtype F16] [--format bin]
 */
import { copyFile, mkdir, open, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { writeTorchZip } from './torch-zip.mjs';

/** Published models: layers, hidden, heads, intermediate, vocabulary. */
export const SHAPES = {
  'v1-base': { family: 1, layers: 12, hidden: 768, heads: 12, intermediate: 3072, vocab: 50_265 },
  'v1-xlarge': { family: 1, layers: 48, hidden: 1024, heads: 16, intermediate: 4096, vocab: 50_265 },
  'v2-xlarge': {
    family: 2,
    layers: 24,
    hidden: 1536,
    heads: 24,
    intermediate: 6144,
    vocab: 128_100,
    conv: 3,
  },
  'v2-xxlarge': {
    family: 2,
    layers: 48,
    hidden: 1536,
    heads: 24,
    intermediate: 6144,
    vocab: 128_100,
    conv: 3,
  },
  'v3-xsmall': { family: 2, layers: 12, hidden: 384, heads: 6, intermediate: 1536, vocab: 128_100 },
  'v3-small': { family: 2, layers: 6, hidden: 768, heads: 12, intermediate: 3072, vocab: 128_100 },
  'v3-base': { family: 2, layers: 12, hidden: 768, heads: 12, intermediate: 3072, vocab: 128_100 },
  'v3-large': { family: 2, layers: 24, hidden: 1024, heads: 16, intermediate: 4096, vocab: 128_100 },
  'mdeberta-base': { family: 2, layers: 12, hidden: 768, heads: 12, intermediate: 3072, vocab: 251_000 },
};
const POSITIONS = 512;
const BUCKETS = 256;
const LABELS = ['contradiction', 'neutral', 'entailment'];
/** Random values are drawn once and repeated: a prime number of them, so that no two rows look alike. */
const RANDOM_VALUES = 1_000_003;
/** Distance of the beginnings of two tensors among them. */
const TENSOR_STEP = 7919;
const FILE_NAMES = { safetensors: 'model.safetensors', bin: 'pytorch_model.bin' };
const TOKENIZER = new URL('../models/sentiment/tokenizer.json', import.meta.url);

/**
 * `shape` is one of SHAPES with whatever else is wanted instead; `dtype` F32 or F16; `format` safetensors or bin, which
 * is what torch writes. Returns the path of the weights.
 */
export async function generateCheckpoint(folder, shape, dtype = 'F32', format = 'safetensors') {
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'config.json'), `${JSON.stringify(configOf(shape, dtype), null, 1)}\n`);
  await copyFile(TOKENIZER, join(folder, 'tokenizer.json'));
  const values = valuesOf(dtype);
  const tensors = tensorsOf(shape).map(([name, shape], index) => {
    const tensor = {
      name,
      shape,
      bytes: shape.reduce((product, size) => product * size, values.ones.length),
    };
    return { ...tensor, pieces: () => piecesOf(tensor, index, values) };
  });
  const path = join(folder, FILE_NAMES[format]);
  await (format === 'bin' ? writeTorchZip : writeSafetensors)(path, tensors, dtype);
  return path;
}

function configOf({ family, layers, hidden, heads, intermediate, vocab, conv = 0 }, dtype) {
  return {
    model_type: family === 1 ? 'deberta' : 'deberta-v2',
    architectures: [`Deberta${family === 1 ? '' : 'V2'}ForSequenceClassification`],
    hidden_size: hidden,
    num_hidden_layers: layers,
    num_attention_heads: heads,
    intermediate_size: intermediate,
    vocab_size: vocab,
    max_position_embeddings: POSITIONS,
    relative_attention: true,
    pos_att_type: ['p2c', 'c2p'],
    position_biased_input: false,
    ...(family === 2 && { position_buckets: BUCKETS, norm_rel_ebd: 'layer_norm', share_att_key: true }),
    ...(conv > 0 && { conv_kernel_size: conv, conv_act: 'gelu' }),
    torch_dtype: dtype === 'F16' ? 'float16' : 'float32',
    id2label: Object.fromEntries(LABELS.entries()),
    label2id: Object.fromEntries(LABELS.map((label, id) => [label, id])),
  };
}

/** Names and shapes, as the classes of transformers write them. */
function tensorsOf({ family, layers, hidden, intermediate, vocab, conv = 0 }) {
  const linear = (name, outputs, inputs) => [
    [`${name}.weight`, [outputs, inputs]],
    [`${name}.bias`, [outputs]],
  ];
  const norm = (name) => [
    [`${name}.LayerNorm.weight`, [hidden]],
    [`${name}.LayerNorm.bias`, [hidden]],
  ];
  const attention = (self) =>
    family === 1
      ? [
          [`${self}.in_proj.weight`, [3 * hidden, hidden]],
          [`${self}.q_bias`, [hidden]],
          [`${self}.v_bias`, [hidden]],
          [`${self}.pos_proj.weight`, [hidden, hidden]],
          ...linear(`${self}.pos_q_proj`, hidden, hidden),
        ]
      : ['query', 'key', 'value'].flatMap((part) => linear(`${self}.${part}_proj`, hidden, hidden));
  const layer = (index) => {
    const name = `deberta.encoder.layer.${index}`;
    return [
      ...attention(`${name}.attention.self`),
      ...linear(`${name}.attention.output.dense`, hidden, hidden),
      ...norm(`${name}.attention.output`),
      ...linear(`${name}.intermediate.dense`, intermediate, hidden),
      ...linear(`${name}.output.dense`, hidden, intermediate),
      ...norm(`${name}.output`),
    ];
  };
  return [
    ['deberta.embeddings.word_embeddings.weight', [vocab, hidden]],
    ...norm('deberta.embeddings'),
    ['deberta.encoder.rel_embeddings.weight', [2 * (family === 1 ? POSITIONS : BUCKETS), hidden]],
    ...(family === 2 ? norm('deberta.encoder') : []),
    ...(conv > 0
      ? [
          ['deberta.encoder.conv.conv.weight', [hidden, hidden, conv]],
          ['deberta.encoder.conv.conv.bias', [hidden]],
          ...norm('deberta.encoder.conv'),
        ]
      : []),
    ...Array.from({ length: layers }, (_, index) => layer(index)).flat(),
    ...linear('pooler.dense', hidden, hidden),
    ...linear('classifier', LABELS.length, hidden),
  ];
}

/** A tensor's bytes in pieces; every tensor begins elsewhere among the random values. */
function* piecesOf({ name, bytes }, index, { random, ones }) {
  if (name.endsWith('LayerNorm.weight')) {
    yield Buffer.alloc(bytes, ones);
    return;
  }
  let at = (index * TENSOR_STEP * ones.length) % random.length;
  for (let left = bytes; left > 0; ) {
    const piece = random.subarray(at, at + Math.min(left, random.length - at));
    yield piece;
    left -= piece.length;
    at = (at + piece.length) % random.length;
  }
}

async function writeSafetensors(path, tensors, dtype) {
  const header = {};
  let offset = 0;
  for (const { name, shape, bytes } of tensors) {
    header[name] = { dtype, shape, data_offsets: [offset, offset + bytes] };
    offset += bytes;
  }
  const json = Buffer.from(JSON.stringify(header));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(json.length));
  const file = await open(path, 'w');
  try {
    await file.write(length);
    await file.write(json);
    for (const tensor of tensors) for (const piece of tensor.pieces()) await file.write(piece);
  } finally {
    await file.close();
  }
}

/** Values of both signs between 2^-8 and 2^-5, the same every time. */
function valuesOf(dtype) {
  const halves = new Uint16Array(RANDOM_VALUES);
  let state = 1;
  for (let i = 0; i < halves.length; i++) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    halves[i] = ((state >>> 16) & 0x83ff) | ((7 + ((state >>> 26) % 3)) << 10);
  }
  if (dtype === 'F16') return { random: Buffer.from(halves.buffer), ones: Buffer.from([0x00, 0x3c]) };
  const values = Float32Array.from(halves, (bits) => {
    const sign = bits & 0x8000 ? -1 : 1;
    return sign * (1 + (bits & 0x3ff) / 1024) * 2 ** (((bits >> 10) & 0x1f) - 15);
  });
  return { random: Buffer.from(values.buffer), ones: Buffer.from(Float32Array.of(1).buffer) };
}

const HELP = `node bench/generate-checkpoint.mjs <folder> [options]

  --shape <name>       ${Object.keys(SHAPES).join(', ')}; v3-base by default
  --dtype F32|F16      F32 by default
  --format <name>      ${Object.keys(FILE_NAMES).join(' or ')}; safetensors by default
  --layers, --hidden, --heads, --intermediate, --vocab <n>
                       instead of the shape's

Example: node bench/generate-checkpoint.mjs /tmp/narrow --shape v1-base --hidden 64 --heads 2`;

/** The command line; null where it is none. */
function parseCommandLine() {
  const number = { type: 'string' };
  try {
    return parseArgs({
      allowPositionals: true,
      options: {
        shape: { type: 'string', default: 'v3-base' },
        dtype: { type: 'string', default: 'F32' },
        format: { type: 'string', default: 'safetensors' },
        layers: number,
        hidden: number,
        heads: number,
        intermediate: number,
        vocab: number,
        help: { type: 'boolean', short: 'h', default: false },
      },
    });
  } catch (error) {
    console.error(error.message);
    return null;
  }
}

async function main() {
  const parsed = parseCommandLine();
  const { shape, dtype, format, help, ...changes } = parsed?.values ?? {};
  const fits = shape in SHAPES && ['F32', 'F16'].includes(dtype) && format in FILE_NAMES;
  if (help || !fits || parsed.positionals.length !== 1) {
    (help ? console.log : console.error)(HELP);
    process.exit(help ? 0 : 2);
  }
  const numbers = Object.fromEntries(Object.entries(changes).map(([key, value]) => [key, Number(value)]));
  await generateCheckpoint(parsed.positionals[0], { ...SHAPES[shape], ...numbers }, dtype, format);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await main();
