import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Agreement } from '@heddle/contracts';
import { openTokenizer } from '@heddle/deberta';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { HAS_DATA, publicTexts } from '../../test/public-texts.js';
import { GATE, passes } from '../agreement/gate.js';
import { makeInputs } from '../agreement/inputs.js';
import { answerAll, measureAgreement } from '../agreement/measure.js';
import { buildVersion } from '../build-version.js';
import { withSession } from '../verify/with-session.js';

/** The models that ship, and further ones of the same making. */
const OWN = fileURLToPath(new URL('../../../../models', import.meta.url));
const SHARED = fileURLToPath(new URL('../../../../../shared/models', import.meta.url));
const MODELS = [
  { name: 'sentiment', sets: ['sst2/dev.jsonl', 'sst2/test.jsonl'], rows: 800, gated: true },
  { name: 'topic', sets: ['ag_news/test.jsonl.gz'], rows: 800, gated: true },
  { name: 'nli', sets: ['snli/test.jsonl', 'sick/test.jsonl', 'rte/dev.jsonl'], rows: 800, gated: true },
  { name: 'ner', sets: ['wnut17/test.jsonl'], rows: 200, gated: false },
  // Weak models decide many of their places and words by next to nothing.
  { name: 'qa', sets: ['squad_v2/dev.json.gz'], rows: 200, gated: false },
  { name: 'sts', sets: ['stsb/test.jsonl'], rows: 200, gated: false },
  { name: 'mlm', sets: ['wikitext/valid.jsonl.gz'], rows: 100, gated: false },
];

let workDir: string;
beforeEach(async () => {
  workDir = await mkdtemp(join(tmpdir(), 'heddle-int8-datasets-'));
});
afterEach(() => rm(workDir, { recursive: true, force: true }));

function folderOf(name: string): string | null {
  const folders = [join(OWN, name), join(SHARED, `deberta-mini-${name}`)];
  return folders.find((folder) => existsSync(folder)) ?? null;
}

if (!HAS_DATA) console.log('not run on public data sets: ../shared/data is missing');

describe.each(MODELS)('$name in int8', ({ name, sets, rows, gated }) => {
  const folder = folderOf(name);
  if (!folder) console.log(`not run: ../shared/models has no ${name}`);

  it.runIf(folder)(
    'passes the gate, and answers public data like float32',
    {
      timeout: 180_000,
    },
    async () => {
      const { dir, manifest, report } = await buildVersion(
        { source: { folder: folder! }, wishes: { precision: 'int8' }, workDir },
        () => undefined,
      );
      const { int8 } = report;
      show(name, 'calibration', int8!);
      expect(passes(int8!, int8!.gate)).toBe(true);
      expect(int8!.gate).toEqual(GATE);
      // Near-ties flip by chance: a model may need a layer in float32, but no more than one.
      const inInt8 = int8!.layers.filter(({ precision }) => precision === 'int8');
      expect(inInt8.length).toBeGreaterThanOrEqual(3);

      const tokenizer = await openTokenizer(join(dir, 'tokenizer.json'));
      const all: Agreement[] = [];
      for (const set of HAS_DATA ? sets : []) {
        const texts = await publicTexts(set, rows);
        const inputs = await makeInputs(manifest.head, texts, tokenizer, manifest.maxTokens);
        const reference = await withSession(join(dir, 'model.onnx'), (session) =>
          answerAll(session, manifest, inputs, () => undefined),
        );
        const found = await withSession(join(dir, 'int8.onnx'), (session) =>
          measureAgreement(session, reference),
        );
        show(name, set, found);
        expect(found.decisions).toBeGreaterThanOrEqual(inputs.length);
        expect(found.mean_difference, set).toBeLessThanOrEqual(GATE.max_mean_difference);
        all.push(found);
      }
      if (gated && HAS_DATA) expect(sameOf(all)).toBeGreaterThanOrEqual(GATE.min_same_decisions);
    },
  );
});

/** Share of the same decisions over several sets. */
function sameOf(sets: Agreement[]): number {
  const sum = (values: number[]) => values.reduce((total, value) => total + value, 0);
  return (
    sum(sets.map(({ same_decisions, decisions }) => same_decisions * decisions)) /
    sum(sets.map(({ decisions }) => decisions))
  );
}

function show(name: string, set: string, found: Agreement): void {
  const { texts, decisions, same_decisions, mean_difference, max_difference } = found;
  console.log(
    `${name} ${set}: ${(100 * same_decisions).toFixed(2)} % of ${decisions} decisions (${texts} texts) the same, ` +
      `difference ${mean_difference.toExponential(1)} on average, ${max_difference.toExponential(1)} at most`,
  );
}
