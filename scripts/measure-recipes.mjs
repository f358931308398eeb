/**
 * Measures what the pages of docs/recipes say of the shipped models, on a Heddle that is running, with public samples.
 *
 *     HEDDLE_URL=… HEDDLE_API_KEY=… npm run measure:recipes -- <folder of the data sets> [recipe…]
 *
 * Labels, templates, parameters and thresholds are those of the pages.
 */
import { createReadStream } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { createGunzip } from 'node:zlib';
import { HeddleClient } from '@heddle/client';
import { bm25, ndcg } from './recipes/ranking.mjs';

/** Rows of a sample that are taken, from its start. */
const ROWS = 1000;
/** Items of one job. */
const ITEMS = 200;
/** Jobs under way at a time. */
const LANES = 4;
/** A queue of this machine may be long. */
const DEADLINE_S = 3600;
/** Tags of WNUT-17. */
const B_PERSON = 9;
const I_PERSON = 10;

const [data, ...only] = process.argv.slice(2);
if (data === undefined) {
  process.stderr.write('usage: npm run measure:recipes -- <folder of the data sets> [recipe…]\n');
  process.exit(2);
}
const heddle = new HeddleClient({ baseUrl: process.env.HEDDLE_URL, apiKey: process.env.HEDDLE_API_KEY });
const recipes = { routing, pii, reranking, facts, guard };
process.stdout.write('| recipe | sample | of | figure | value |\n|---|---|---|---|---|\n');
for (const [name, measure] of Object.entries(recipes))
  if (only.length === 0 || only.includes(name)) await measure(name);

async function routing(recipe) {
  const rows = await read('ag_news/test.jsonl.gz');
  const labels = ['world politics', 'sports', 'business', 'science and technology'];
  const answers = await answersOf('nli', 'zero-shot-classification', texts(rows), {
    candidate_labels: labels,
    hypothesis_template: 'This text is about {}.',
    truncate: true,
  });
  const routed = rows.map(({ label }, i) => {
    const [best, second] = answers[i].labels;
    return { isRight: best.label === labels[label], margin: best.score - second.score };
  });
  say(
    recipe,
    'AG News test',
    routed,
    'accuracy, all',
    share(routed, ({ isRight }) => isRight),
  );
  const sure = routed.filter(({ margin }) => margin >= 0.3);
  say(recipe, 'AG News test', routed, 'with a margin of 0.3 or more', sure.length);
}

/** Names of which every word is masked; words that are masked though they are part of no entity. */
async function pii(recipe) {
  const rows = await read('wnut17/test.jsonl');
  const inputs = rows.map(({ tokens }) => tokens.join(' '));
  const answers = await answersOf('ner', 'token-classification', inputs, {
    aggregation_strategy: 'first',
    stride: 32,
  });
  for (const [what, masks] of [
    ['person and location', (type) => type === 'person' || type === 'location'],
    ['every type', () => true],
  ]) {
    const names = [];
    const words = [];
    rows.forEach((row, i) => {
      const spans = answers[i].entities.filter(({ entity_group: type }) => masks(type));
      const isMasked = (word) => spans.some(({ start, end }) => start <= word.start && word.end <= end);
      const places = placesOf(row);
      names.push(...places.names.map((name) => name.every(isMasked)));
      words.push(...places.others.map(isMasked));
    });
    say(recipe, 'WNUT-17 test', names, `${what}: names of persons masked`, share(names, Boolean));
    say(recipe, 'WNUT-17 test', words, `${what}: other words masked`, share(words, Boolean));
  }
}

/** The words of each person's name, and the words of no entity, in tokens with blanks between. */
function placesOf({ tokens, ner_tags: tags }) {
  const names = [];
  const others = [];
  let start = 0;
  tokens.forEach((token, i) => {
    const word = { start, end: start + [...token].length };
    if (tags[i] === B_PERSON) names.push([word]);
    if (tags[i] === I_PERSON) names.at(-1).push(word);
    if (tags[i] === 0) others.push(word);
    start = word.end + 1;
  });
  return { names, others };
}

async function reranking(recipe) {
  const corpus = await read('cranfield/corpus.jsonl.gz', Number.POSITIVE_INFINITY);
  const queries = await read('cranfield/queries.jsonl');
  const documents = corpus.filter(({ text }) => text !== '');
  const search = bm25(documents.map(({ title, text }) => `${title} ${text}`));
  const candidates = queries.map(({ text }) => search(text, 20).map((i) => documents[i]));
  const inputs = queries.flatMap(({ text: query }, q) =>
    candidates[q].map(({ text }) => ({ text, text_pair: query })),
  );
  const answers = await answersOf('nli', 'text-classification', inputs, { truncate: true });
  const scored = candidates.map((list, q) => {
    const first = candidates.slice(0, q).reduce((sum, { length }) => sum + length, 0);
    return list.map((document, i) => ({
      id: document._id,
      score: scoreOf(answers[first + i], 'entailment'),
    }));
  });
  const mean = (order) =>
    queries.reduce((sum, { relevant }, q) => sum + ndcg(order(q), relevant, 10), 0) / queries.length;
  const byScore = (q) => scored[q].toSorted((a, b) => b.score - a.score).map(({ id }) => id);
  say(
    recipe,
    'Cranfield',
    queries,
    'nDCG@10, order of BM25',
    mean((q) => scored[q].map(({ id }) => id)),
  );
  say(recipe, 'Cranfield', queries, 'nDCG@10, order of nli', mean(byScore));
}

async function facts(recipe) {
  for (const [sample, file] of [
    ['SciTail test', 'scitail/test.jsonl'],
    ['SNLI test', 'snli/test.jsonl'],
  ]) {
    const rows = await read(file);
    const inputs = rows.map(({ premise, hypothesis }) => ({ text: premise, text_pair: hypothesis }));
    const answers = await answersOf('nli', 'text-classification', inputs, { truncate: true });
    const names = ['entailment', 'neutral', 'contradiction'];
    for (const [label, verdict] of [
      ['entailment', 'supported'],
      ['contradiction', 'refuted'],
    ]) {
      const expected = names.indexOf(label);
      const said = rows.filter((_, i) => scoreOf(answers[i], label) >= 0.6);
      const right = said.filter(({ label: gold }) => gold === expected);
      const all = rows.filter(({ label: gold }) => gold === expected);
      say(recipe, sample, rows, `${verdict}: said`, said.length);
      say(recipe, sample, said, `${verdict}: right`, right.length / said.length);
      if (all.length > 0) say(recipe, sample, all, `${verdict}: found`, right.length / all.length);
    }
  }
}

/** Texts that attack nobody: those that are refused are false alarms. */
async function guard(recipe) {
  const pattern =
    /\b(?:ignore|disregard|forget|override)\b.{0,40}\b(?:previous|earlier|prior|above|system)\b/is;
  const parameters = {
    candidate_labels: ['ignore earlier instructions'],
    hypothesis_template: 'The text says to {}.',
    multi_label: true,
  };
  for (const [sample, inputs] of [
    ['BoolQ', (await read('boolq/val.jsonl.gz')).map(({ passage }) => passage.slice(0, 800))],
    ['AG News test', texts(await read('ag_news/test.jsonl.gz'))],
  ]) {
    const answers = await answersOf('nli', 'zero-shot-classification', inputs, parameters);
    say(
      recipe,
      sample,
      inputs,
      'refused by the pattern',
      share(inputs, (text) => pattern.test(text)),
    );
    say(
      recipe,
      sample,
      inputs,
      'refused by nli',
      share(answers, ({ labels }) => labels[0].score >= 0.6),
    );
  }
}

/** The outputs, in the order of the inputs. Throws where an item has none. */
async function answersOf(model, task, inputs, parameters) {
  const outputs = new Array(inputs.length);
  let next = 0;
  const lane = async () => {
    while (next < inputs.length) {
      const first = next;
      next += ITEMS;
      const options = { task, parameters, deadline_s: DEADLINE_S };
      const { results } = await heddle.run(model, inputs.slice(first, first + ITEMS), options);
      for (const { index, output, error } of results) {
        if (error) throw new Error(`item ${first + index} of ${model}: ${error.code}: ${error.message}`);
        outputs[first + index] = output;
      }
    }
  };
  await Promise.all(Array.from({ length: LANES }, lane));
  return outputs;
}

async function read(file, limit = ROWS) {
  const bytes = createReadStream(join(data, file));
  const input = file.endsWith('.gz') ? bytes.pipe(createGunzip()) : bytes;
  const rows = [];
  for await (const line of createInterface({ input }))
    if (line !== '' && rows.length < limit) rows.push(JSON.parse(line));
  return rows;
}

function texts(rows) {
  return rows.map(({ text }) => text);
}

function scoreOf({ labels }, name) {
  return labels.find(({ label }) => label === name).score;
}

function share(rows, holds) {
  return rows.filter(holds).length / rows.length;
}

function say(recipe, sample, rows, figure, value) {
  const shown = Number.isInteger(value) ? String(value) : value.toFixed(3);
  process.stdout.write(`| ${[recipe, sample, rows.length, figure, shown].join(' | ')} |\n`);
}
