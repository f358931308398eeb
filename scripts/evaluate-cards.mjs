/**
 * Evaluates every model that ships on the samples that its card has figures of, on a Heddle that is running, and compares.
 *
 *     HEDDLE_URL=… HEDDLE_API_KEY=… npm run check:cards -- <folder of the data sets> [model…]
 *
 * Ends with 1 where a figure differs by more than a tenth of a point, or an evaluation fails.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { text } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import { fileURLToPath } from 'node:url';
import { createGunzip } from 'node:zlib';

/** A tenth of a percentage point. */
const TOLERANCE = 0.001;
const CLI = fileURLToPath(new URL('../apps/cli/dist/main.js', import.meta.url));
const MODELS = fileURLToPath(new URL('../models', import.meta.url));

const TYPES = ['corporation', 'creative-work', 'group', 'location', 'person', 'product'];
const TAGS = ['O', ...TYPES.flatMap((type) => [`B-${type}`, `I-${type}`])];
const NLI = classes({ text: 'premise', text_pair: 'hypothesis' }, ['entailment', 'neutral', 'contradiction']);
const SST2 = classes({ text: 'text' }, ['negative', 'positive']);

/** Samples by the name that cards give them. */
const SETS = {
  'SST-2 dev': { file: 'sst2/dev.jsonl', ...SST2 },
  'SST-2 test': { file: 'sst2/test.jsonl', ...SST2 },
  'AG News test': {
    file: 'ag_news/test.jsonl.gz',
    ...classes({ text: 'text' }, ['World', 'Sports', 'Business', 'Sci/Tech']),
  },
  'SICK test': { file: 'sick/test.jsonl', ...NLI },
  'SNLI test': { file: 'snli/test.jsonl', ...NLI },
  'WNUT-17 test': {
    file: 'wnut17/test.jsonl',
    mapping: { id: 'id', input: { tokens: 'tokens' }, expected: { tags: 'ner_tags' } },
    labels: numbered(TAGS),
    // The models were trained with the label on the first piece of a word.
    parameters: { aggregation_strategy: 'first', words: 'blanks' },
  },
};
/** Metrics by the name that cards give them. */
const METRICS = { accuracy: 'accuracy', 'entity F1': 'seq_f1' };

const [data, ...only] = process.argv.slice(2);
if (data === undefined) {
  process.stderr.write('usage: npm run check:cards -- <folder of the data sets> [model…]\n');
  process.exit(2);
}
const folder = await mkdtemp(join(tmpdir(), 'heddle-cards-'));
let wrong = 0;
try {
  process.stdout.write('| model | sample | rows | metric | card | Heddle | difference |  |\n');
  process.stdout.write('|---|---|---|---|---|---|---|---|\n');
  for (const model of only.length > 0 ? only : await shippedModels())
    for (const figure of await figuresOf(model)) {
      const { row, isRight } = await compare(model, figure);
      process.stdout.write(`| ${row.join(' | ')} |\n`);
      if (!isRight) wrong++;
    }
} catch (error) {
  process.stderr.write(`${error.message}\n`);
  wrong++;
} finally {
  await rm(folder, { recursive: true });
}
process.exitCode = wrong > 0 ? 1 : 0;

async function shippedModels() {
  const entries = await readdir(MODELS, { withFileTypes: true });
  return entries.filter((entry) => entry.isDirectory()).map((entry) => entry.name);
}

/** The figures of a model on samples, which its card has in a table. Throws where it has none. */
async function figuresOf(model) {
  const card = await readFile(join(MODELS, model, 'README.md'), 'utf8');
  const rows = card.matchAll(/^\| (.+), a sample of it \| (\d+) \| (.+) \| ([\d.]+) \|$/gm);
  const figures = [...rows].map(([, set, count, metric, value]) => ({
    set,
    rows: Number(count),
    metric,
    value: Number(value),
  }));
  if (figures.length === 0) throw new Error(`the card of ${model} has no figure of a sample`);
  return figures;
}

async function compare(model, { set, rows, metric, value }) {
  const name = METRICS[metric];
  if (!SETS[set] || !name)
    throw new Error(`what the card of ${model} calls "${set}" or "${metric}" is not known`);
  const { items, failed, metrics } = await evaluate(model, SETS[set], name);
  const found = metrics[name];
  if (typeof found !== 'number') throw new Error(`${name} of ${model} on ${set} is not defined`);
  const difference = found - value;
  const isRight = Math.abs(difference) <= TOLERANCE && items === rows && failed === 0;
  const numbers = [value, found].map((number) => number.toFixed(4));
  const sign = difference < 0 ? '' : '+';
  return {
    row: [model, set, items, name, ...numbers, `${sign}${difference.toFixed(4)}`, isRight ? 'same' : 'WRONG'],
    isRight,
  };
}

/** What an evaluation found. Throws where it has not succeeded. */
async function evaluate(model, { file, mapping, labels, parameters }, metric) {
  const options = {
    model,
    dataset: await plainFile(join(data, file)),
    format: 'jsonl',
    mapping: JSON.stringify(mapping),
    labels: JSON.stringify(labels),
    parameters: JSON.stringify({ truncate: true, ...parameters }),
    metric,
    resamples: '0',
  };
  const args = Object.entries(options).flatMap(([name, value]) => [`--${name}`, value]);
  const child = spawn(process.execPath, [CLI, 'evaluations', 'run', ...args, '--json'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [output] = await Promise.all([text(child.stdout), once(child, 'close')]);
  const evaluation = output === '' ? null : JSON.parse(output);
  if (!evaluation?.result) {
    const reasons = evaluation?.errors.map((error) => `${error.code}: ${error.message}`) ?? [];
    throw new Error(`${model} on ${file} was not evaluated; ${reasons.join('; ')}`);
  }
  return evaluation.result;
}

/** The file, unpacked where it is packed. */
async function plainFile(path) {
  if (!path.endsWith('.gz')) return path;
  const unpacked = join(folder, basename(path, '.gz'));
  await pipeline(createReadStream(path), createGunzip(), createWriteStream(unpacked));
  return unpacked;
}

function classes(input, names) {
  return { mapping: { id: 'id', input, expected: { label: 'label' } }, labels: numbered(names) };
}

function numbered(names) {
  return Object.fromEntries(names.map((name, i) => [i, name]));
}
