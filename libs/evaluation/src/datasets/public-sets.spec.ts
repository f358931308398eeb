import { createReadStream, existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { createGunzip, gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { fileOf, readAll } from '../../test/dataset-files.js';
import type { DatasetFile, ExpectedRanking } from './example.js';
import type { Format } from './formats/formats.js';
import type { ReadOptions } from './options.js';

const DATA = fileURLToPath(new URL('../../../../../shared/data', import.meta.url));
if (!existsSync(DATA)) console.log('not run: ../shared/data is missing');

function file(name: string): DatasetFile {
  const bytes = createReadStream(`${DATA}/${name}`);
  return { name, bytes: name.endsWith('.gz') ? bytes.pipe(createGunzip()) : bytes };
}
const classes = (input: Record<string, string>, names: string[]): ReadOptions => ({
  mapping: { input, expected: { label: 'label' } },
  labels: { mapping: Object.fromEntries(names.map((name, i) => [i, name])), names },
});
const NLI = ['entailment', 'neutral', 'contradiction'];
const PAIR = { text: 'premise', text_pair: 'hypothesis' };
const wnutTags = ['corporation', 'creative-work', 'group', 'location', 'person', 'product'];
const WNUT = Object.fromEntries(
  ['O', ...wnutTags.flatMap((type) => [`B-${type}`, `I-${type}`])].map((tag, i) => [i, tag]),
);

/** Rows as the README of the data counts them. */
const SETS: [string, Format, number, ReadOptions][] = [
  [
    'ag_news/test.jsonl.gz',
    'jsonl',
    3824,
    classes({ text: 'text' }, ['World', 'Sports', 'Business', 'Sci/Tech']),
  ],
  ['sst2/dev.jsonl', 'jsonl', 463, classes({ text: 'text' }, ['negative', 'positive'])],
  ['sick/test.jsonl', 'jsonl', 2495, classes(PAIR, NLI)],
  ['snli/test.jsonl', 'jsonl', 4905, classes(PAIR, NLI)],
  ['commitmentbank/all.jsonl', 'jsonl', 268, classes(PAIR, NLI)],
  ['boolq/val.jsonl.gz', 'jsonl', 1635, classes({ text: 'question', text_pair: 'passage' }, ['no', 'yes'])],
  ['race/dev.jsonl', 'race', 511, {}],
  ['squad_v2/dev.json.gz', 'squad', 3077, {}],
  [
    'stsb/dev.jsonl',
    'jsonl',
    773,
    {
      mapping: {
        input: { text: 'sentence1', text_pair: 'sentence2' },
        expected: { value: 'score' },
        slice: { genre: 'genre' },
      },
    },
  ],
  [
    'wnut17/test.jsonl',
    'jsonl',
    635,
    {
      task: 'token-classification',
      mapping: { input: { tokens: 'tokens' }, expected: { tags: 'ner_tags' } },
      labels: { mapping: WNUT, names: wnutTags },
    },
  ],
];

describe.skipIf(!existsSync(DATA))('public sets', () => {
  it.each(SETS)('%s is read whole', async (name, format, rows, options) => {
    const { examples, problems } = await readAll(file(name), format, options);
    expect(problems).toEqual([]);
    expect(examples).toHaveLength(rows);
  });

  it('wnut17 as CoNLL is what its tokens and tags are', async () => {
    const text = await readFile(`${DATA}/wnut17/test.jsonl`, 'utf8');
    const rows = text
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { tokens: string[]; ner_tags: number[] });
    const columns = rows.map(({ tokens, ner_tags: tags }) =>
      tokens.map((token, i) => `${token}\t${WNUT[tags[i]!]}\n`).join(''),
    );
    const [, , , options] = SETS.find(([name]) => name === 'wnut17/test.jsonl')!;
    const conll = await readAll(fileOf('test.conll', columns.join('\n'), 4096), 'conll');
    const mapped = await readAll(file('wnut17/test.jsonl'), 'jsonl', options);
    const bare = ({ input, expected }: (typeof conll.examples)[0]) => ({ input, expected });
    expect(conll.problems).toEqual([]);
    expect(conll.examples.map(bare)).toEqual(mapped.examples.map(bare));
  });

  it('cranfield as BEIR: all that is judged for a query, and what is judged for the one before', async () => {
    const queries = (await readFile(`${DATA}/cranfield/queries.jsonl`, 'utf8'))
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { _id: string; relevant: Record<string, number> });
    const corpus = gunzipSync(await readFile(`${DATA}/cranfield/corpus.jsonl.gz`));
    const hasText = new Set(
      corpus
        .toString()
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line))
        .filter(({ title, text }) => title + text !== '')
        .map(({ _id }) => _id as string),
    );
    const judged = queries.flatMap(({ _id, relevant }) =>
      Object.entries(relevant).map(([document, grade]) => `${_id}\t${document}\t${grade}\n`),
    );
    const candidates = queries.flatMap(({ _id, relevant }, i) => {
      const found = new Set([...Object.keys(relevant), ...Object.keys(queries.at(i - 1)!.relevant)]);
      return [...found]
        .filter((document) => hasText.has(document))
        .map((document, rank) => `${_id} Q0 ${document} ${rank} ${-rank} x\n`);
    });
    const { examples, problems } = await readAll(
      [
        fileOf('corpus.jsonl', corpus, 4096),
        file('cranfield/queries.jsonl'),
        fileOf('qrels/test.tsv', `query-id\tcorpus-id\tscore\n${judged.join('')}`, 4096),
        fileOf('all.trec', candidates.join(''), 4096),
      ],
      'beir',
    );
    expect(problems).toEqual([]);
    expect(examples).toHaveLength(96);
    for (const [i, { expected }] of examples.entries()) {
      const grades = Object.entries(queries[i]!.relevant)
        .filter(([document]) => hasText.has(document))
        .map(([, grade]) => grade);
      expect((expected as ExpectedRanking).grades.filter((grade) => grade > 0).sort()).toEqual(grades.sort());
    }
  });
});
