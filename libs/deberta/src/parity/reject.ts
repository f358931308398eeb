import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FAULT_CODES, HeddleError } from '@heddle/contracts';
import { z } from 'zod';
import { compileFixture } from '../graph/__parity__/graphs.js';
import { resolveTokenizer } from '../tokenizer/resolve.js';
import { failed, type Outcome, passed, thrown } from './outcome.js';

/** Rows of the embedding table that a tokenizer must fit: here none is there to be exceeded. */
const ANY_VOCABULARY = 1_000_000;
/** Hostile files must be refused this fast. */
const LIMIT_MS = 2_000;

const manifest = z.object({
  cases: z.array(
    z.object({
      id: z.string(),
      task: z.enum([
        'features',
        'sequence-classification',
        'token-classification',
        'question-answering',
        'multiple-choice',
        'fill-mask',
        'replaced-token-detection',
      ]),
      stage: z.enum(['config', 'weights', 'tokenizer']),
      reason: z.string(),
      must_not_create: z.array(z.string()),
      optional: z.boolean().optional(),
    }),
  ),
});

/** Every case of a folder that must be refused: the right error in time, nothing run, nothing created. */
export async function rejectOutcomes(folder: string): Promise<Outcome[]> {
  const { cases } = manifest.parse(JSON.parse(await readFile(join(folder, 'manifest.json'), 'utf8')));
  const outcomes: Outcome[] = [];
  for (const one of cases) outcomes.push(await refusal(folder, one));
  return outcomes;
}

async function refusal(folder: string, one: z.output<typeof manifest>['cases'][number]): Promise<Outcome> {
  const workDir = await mkdtemp(join(tmpdir(), 'heddle-parity-'));
  const started = performance.now();
  try {
    const head = one.task === 'fill-mask' ? 'masked-lm' : one.task;
    // Folders that are wrong elsewhere hold no tokenizer.
    if (one.stage === 'tokenizer') await resolveTokenizer(folder, ANY_VOCABULARY);
    else await compileFixture(folder, join(workDir, 'version'), { head }, ['main']);
    return one.optional ? passed(one.id) : failed(one.id, `was accepted; ${one.reason} expected`);
  } catch (error) {
    if (!(error instanceof HeddleError)) return thrown(one.id, error);
    const took = performance.now() - started;
    const created = one.must_not_create.filter((name) =>
      [folder, workDir, process.cwd(), tmpdir(), '/'].some((place) => existsSync(join(place, name))),
    );
    if (created.length > 0) return failed(one.id, `created ${created.join(', ')}`);
    if (took > LIMIT_MS) return failed(one.id, `took ${Math.round(took)} ms to be refused`);
    // Classes of other collections than ours are refused well by any named error.
    const expected = FAULT_CODES[one.reason];
    if (expected && error.code !== expected)
      return failed(one.id, `refused with ${error.code} (${error.message}); ${expected} expected`);
    return passed(one.id);
  } finally {
    await rm(workDir, { recursive: true, force: true });
  }
}
