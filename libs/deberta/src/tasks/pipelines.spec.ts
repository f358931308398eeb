import { existsSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type OutputTensor, openSession, type Session } from '@heddle/runtime';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { compileModel } from '../compile.js';
import { openTokenizer } from '../tokenizer/tokenizer.js';
import {
  differences,
  type PipelineItem,
  type PipelineSubject,
  runPipelineItem,
} from './pipeline-fixtures.js';
import type { ForwardRow, Sequence } from './task.js';

const SHARED = process.env.D_FIX ?? join(import.meta.dirname, '../../../../../shared/fixtures/pipelines');

interface Case {
  task: string;
  file: string;
  count: number;
  atol: number;
  rtol: number;
}

describe.runIf(existsSync(SHARED))('pipelines of the shared fixtures', async () => {
  const folders = existsSync(SHARED) ? (await readdir(SHARED)).sort() : [];
  describe.each(folders)('%s', async (folder) => {
    const dir = join(SHARED, folder);
    const read = async (name: string) => JSON.parse(await readFile(join(dir, name), 'utf8'));
    const [{ task, file, count, ...tolerance }] = (await read('manifest.json')).cases as [Case];
    const { items } = (await read(file)) as { items: PipelineItem[] };
    let opened: Opened;
    beforeAll(async () => {
      opened = await open(dir);
    });
    afterAll(() => opened?.close());

    it(`has ${count} items`, () => expect(items).toHaveLength(count));

    it.each(items)('$id', async (item) => {
      const got = await runPipelineItem(task, item, opened.subject);
      expect(differences(got, item.expect, tolerance)).toEqual([]);
    });
  });
});

interface Opened {
  subject: PipelineSubject;
  close(): Promise<void>;
}

async function open(checkpointDir: string): Promise<Opened> {
  const outDir = await mkdtemp(join(tmpdir(), 'heddle-pipeline-'));
  const { labels, problemType, maxTokens, architecture } = await compileModel({ checkpointDir, outDir });
  const tokenizer = await openTokenizer(join(outDir, 'tokenizer.json'));
  const session = await openSession(join(outDir, 'model.onnx'));
  const { model_max_length: modelMaxLength = null } = JSON.parse(
    await readFile(join(checkpointDir, 'tokenizer_config.json'), 'utf8'),
  );
  return {
    subject: {
      model: { tokenizer, labels, problemType, maxTokens, architecture, pooling: 'mean' },
      modelMaxLength,
      infer: (sequences) => Promise.all(sequences.map((sequence) => forward(session, sequence))),
    },
    close: async () => {
      await session.close();
      await rm(outDir, { recursive: true });
    },
  };
}

async function forward(
  session: Session,
  { encoding, outputs, positions = new Int32Array() }: Sequence,
): Promise<ForwardRow> {
  const answers = await session.run({
    inputIds: encoding.ids,
    attentionMask: new Uint8Array(encoding.length).fill(1),
    typeIds: encoding.typeIds,
    positions: Int32Array.from([...positions].flatMap((position) => [0, position])),
    batch: 1,
    length: encoding.length,
    outputs: [...outputs],
  });
  return Object.fromEntries(Object.entries(answers).map(([name, output]) => [name, rowOf(output)]));
}

function rowOf({ data, dims, axes }: OutputTensor) {
  return { data, shape: axes[0] === 'positions' ? dims : dims.slice(1) };
}
