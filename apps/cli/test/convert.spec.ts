import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { heddle } from './cli.js';

const FIXTURES = fileURLToPath(
  new URL('../../../libs/evaluation/src/datasets/__fixtures__/', import.meta.url),
);
const fixture = (name: string) => join(FIXTURES, name);
const convert = (...args: string[]) => heddle(['evaluations', 'convert', ...args]);

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'heddle-convert-'));
});
afterEach(() => rm(folder, { recursive: true }));

const linesOf = (text: string) =>
  text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));

it('makes one file of the four of BEIR, which is read as Heddle’s own', async () => {
  const files = ['corpus.jsonl', 'queries.jsonl', 'qrels/test.tsv', 'candidates.tsv'];
  const out = join(folder, 'set.jsonl');
  const { status, stdout, stderr } = await convert(
    ...files.map((name) => fixture(`beir/${name}`)),
    '--out',
    out,
  );
  expect([status, stdout, stderr]).toEqual([0, '', '1 examples, 1 that the data set says to leave out\n']);
  const text = await readFile(out, 'utf8');
  expect(linesOf(text)).toEqual([
    {
      input: {
        id: 'q1',
        query: 'what is a heddle',
        documents: [expect.stringContaining('heddle'), 'A bird sings.', expect.stringContaining('rains')],
      },
      expected: { grades: [2, 0, 0], missing: [], ids: ['d1', 'd2', 'd3'] },
    },
  ]);
  expect((await convert(out)).stdout).toBe(text);
  expect(await readdir(folder)).toEqual(['set.jsonl']);
});

it('prints what was packed, or stood in several files', async () => {
  const packed = join(folder, 'squad.json.gz');
  await writeFile(packed, gzipSync(await readFile(fixture('squad-v2.json'))));
  const squad = await convert(packed);
  expect(squad.status).toBe(0);
  for (const line of linesOf(squad.stdout))
    expect(line).toEqual({
      input: { id: expect.any(String), question: expect.any(String), context: expect.any(String) },
      expected: expect.any(Array),
    });
  const race = ['race-high.jsonl', 'race-middle1.txt'].map(fixture);
  const [both, ...each] = await Promise.all([convert(...race), ...race.map((file) => convert(file))]);
  expect(both!.status).toBe(0);
  expect(both!.stdout).toBe(each.map(({ stdout }) => stdout).join(''));
});

it('leaves no file where something is wrong, and where it may be left out all of the rest', async () => {
  const [source, out] = [join(folder, 'films.csv'), join(folder, 'films.jsonl')];
  await writeFile(source, 'text,gold\nA fine film,1\n,0\n');
  const mapping = JSON.stringify({ input: { text: 'text' }, expected: { label: 'gold' } });
  const args = [source, '--mapping', mapping, '--label', '1=positive', '--out', out];
  const refused = await convert(...args);
  expect([refused.status, refused.stderr]).toEqual([
    5,
    expect.stringMatching(/^validation: This is wrong .*\n {2}.*films\.csv, line 3: /),
  ]);
  expect(await readdir(folder)).toEqual(['films.csv']);
  const skipped = await convert(...args, '--invalid-lines', 'skip');
  expect([skipped.status, skipped.stderr]).toEqual([
    0,
    expect.stringMatching(/line 3: .*\n1 examples, 1 left out that are wrong\n$/),
  ]);
  expect(linesOf(await readFile(out, 'utf8'))).toEqual([{ input: 'A fine film', expected: 'positive' }]);
  const missing = await convert(join(folder, 'nothing.csv'));
  expect([missing.status, missing.stderr]).toEqual([2, expect.stringContaining('does not exist')]);
});
