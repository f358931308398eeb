import { copyFile, mkdir, mkdtemp, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type CompileWishes, compileModel, sourceOf } from '../compile.js';
import { readSentenceVectors } from './sentence-vectors.js';

let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'heddle-vectors-'));
});
afterEach(() => rm(dir, { recursive: true }));

async function read(files: Record<string, unknown>) {
  for (const [name, content] of Object.entries(files)) {
    await mkdir(dirname(join(dir, name)), { recursive: true });
    await writeFile(join(dir, name), typeof content === 'string' ? content : JSON.stringify(content));
  }
  return readSentenceVectors(dir, await readdir(dir));
}

const step = (name: string, path: string) => ({
  idx: 0,
  name: '0',
  path,
  type: `sentence_transformers.models.${name}`,
});
const transformer = step('Transformer', '');
const pooling = step('Pooling', '1_Pooling');
const normalize = step('Normalize', '2_Normalize');
/** As sentence-transformers 2 and later writes it. */
const modes = (on: object) => ({
  word_embedding_dimension: 32,
  pooling_mode_cls_token: false,
  pooling_mode_mean_tokens: false,
  pooling_mode_max_tokens: false,
  pooling_mode_mean_sqrt_len_tokens: false,
  pooling_mode_weightedmean_tokens: false,
  pooling_mode_lasttoken: false,
  include_prompt: true,
  ...on,
});
const CONFIG = '1_Pooling/config.json';

describe('the vectors of a checkpoint of sentence-transformers', () => {
  it.each<[string, object, object]>([
    ['the mean', { pooling_mode_mean_tokens: true }, { pooling: 'mean', steps: ['mean_tokens'] }],
    ['the first token', { pooling_mode_cls_token: true }, { pooling: 'cls', steps: ['cls_token'] }],
    ['the mean by its newer name', { pooling_mode: 'mean' }, { pooling: 'mean', steps: ['mean'] }],
    ['the largest values', { pooling_mode_max_tokens: true }, { pooling: null, steps: ['max_tokens'] }],
    ['a weighted mean', { pooling_mode_weightedmean_tokens: true }, { pooling: null }],
    ['the last token', { pooling_mode_lasttoken: true }, { pooling: null, steps: ['lasttoken'] }],
    ['a mode by a newer name', { pooling_mode: 'lasttoken' }, { pooling: null }],
    ['two modes', { pooling_mode_cls_token: true, pooling_mode_mean_tokens: true }, { pooling: null }],
  ])('are %s', async (_, on, expected) => {
    const vectors = await read({ 'modules.json': [transformer, pooling], [CONFIG]: modes(on) });
    expect(vectors).toMatchObject({ files: ['modules.json', CONFIG], ...expected });
  });

  it('are the mean where an old configuration names no mode', async () => {
    const vectors = await read({
      'modules.json': [transformer, pooling],
      [CONFIG]: { word_embedding_dimension: 32, pooling_mode_cls_token: false },
    });
    expect(vectors).toMatchObject({ pooling: 'mean' });
  });

  it('have length 1 where a step says so', async () => {
    const vectors = await read({
      'modules.json': [transformer, pooling, normalize],
      [CONFIG]: modes({ pooling_mode_mean_tokens: true }),
    });
    expect(vectors).toMatchObject({ pooling: 'mean', steps: ['mean_tokens', 'Normalize'] });
  });

  it('are not computed where a further layer changes them', async () => {
    const vectors = await read({
      'modules.json': [transformer, pooling, step('Dense', '2_Dense')],
      [CONFIG]: modes({ pooling_mode_mean_tokens: true }),
    });
    expect(vectors).toMatchObject({ pooling: null, steps: ['mean_tokens', 'Dense'] });
  });

  it('are read from uploads, which know no folders', async () => {
    const vectors = await read({
      'modules.json': [transformer, pooling],
      '1_Pooling.config.json': modes({ pooling_mode_cls_token: true }),
    });
    expect(vectors).toMatchObject({ pooling: 'cls', files: ['modules.json', '1_Pooling.config.json'] });
  });

  it('are what the version does by default where nothing is said', async () => {
    expect(await read({})).toBeNull();
    expect(await read({ 'modules.json': [transformer] })).toBeNull();
  });

  it.each<[string, Record<string, unknown>, string]>([
    ['no list', { 'modules.json': {} }, 'invalid-config'],
    ['no JSON', { 'modules.json': '[' }, 'invalid-config'],
    ['a list of nothing', { 'modules.json': [null] }, 'invalid-config'],
    ['no configuration', { 'modules.json': [pooling] }, 'invalid-config'],
    ['a path that leaves the folder', { 'modules.json': [step('Pooling', '../1_Pooling')] }, 'unsafe-path'],
    ['an absolute path', { 'modules.json': [step('Pooling', '/etc')] }, 'unsafe-path'],
    ['the folder itself', { 'modules.json': [step('Pooling', '')] }, 'unsafe-path'],
    [
      'modes that are no flags',
      { 'modules.json': [pooling], [CONFIG]: modes({ pooling_mode_cls_token: 1 }) },
      'invalid-config',
    ],
    ['no mode at all', { 'modules.json': [pooling], [CONFIG]: modes({}) }, 'invalid-config'],
    [
      'a mode that is no name',
      { 'modules.json': [pooling], [CONFIG]: { pooling_mode: [7] } },
      'invalid-config',
    ],
  ])('are refused with %s', async (_, files, code) => {
    await expect(read(files)).rejects.toMatchObject({ code });
  });
});

describe('a version of such a checkpoint', () => {
  const CHECKPOINT = join(import.meta.dirname, '../tasks/__fixtures__/pipelines/rerank');
  const compile = (outDir: string, wishes: CompileWishes) =>
    compileModel({ checkpointDir: dir, outDir: join(dir, outDir), ...wishes });

  it('makes vectors as the checkpoint does, of a folder as of uploads', async () => {
    const names = ['config.json', 'model.safetensors', 'spm.model', 'tokenizer_config.json'];
    for (const name of names) await copyFile(join(CHECKPOINT, name), join(dir, name));
    await read({
      'modules.json': [transformer, pooling, normalize],
      [CONFIG]: modes({ pooling_mode_cls_token: true }),
    });
    const wishes = { head: 'features' as const };
    const { compiled, report } = await compile('features', wishes);
    expect(compiled).toMatchObject({ pooling: 'cls' });
    expect(report.vectors).toEqual({ steps: ['cls_token', 'Normalize'], default: true });
    expect(report.sources.slice(-2)).toEqual(['modules.json', CONFIG]);
    await rename(join(dir, CONFIG), join(dir, '1_Pooling.config.json'));
    expect(await sourceOf(dir, wishes)).toEqual(compiled.source);
    // A classifier makes no vectors.
    expect(Object.keys((await compile('classifier', {})).compiled)).not.toContain('pooling');
  });
});
