import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';

/** Format of the fixtures' manifest.json, as far as forward passes need it. */
const tensor = z.object({ dtype: z.string(), shape: z.array(z.int()) });
const expectedTensor = tensor.extend({
  role: z.enum(['result', 'inner', 'info']),
  valid: z.enum(['all', 'token', 'query', 'pair']),
  atol: z.number(),
  rtol: z.number(),
});
const forwardCase = z.object({
  id: z.string(),
  type: z.literal('forward'),
  task: z.enum([
    'features',
    'sequence-classification',
    'token-classification',
    'question-answering',
    'multiple-choice',
    'fill-mask',
    'replaced-token-detection',
  ]),
  mlm_head: z.enum(['ms-emd', 'hf-new', 'hf-legacy']).optional(),
  inputs: z.object({ file: z.string(), tensors: z.record(z.string(), tensor) }),
  outputs: z.object({ file: z.string(), tensors: z.record(z.string(), expectedTensor) }),
  optional_rows: z.array(z.int()).optional(),
  tags: z.array(z.string()).optional(),
});
const manifest = z.object({
  format: z.literal('deberta-fixtures/1'),
  kind: z.literal('checkpoint'),
  name: z.string(),
  cases: z.array(forwardCase).min(1),
});

export type ForwardCase = z.output<typeof forwardCase>;
export type ExpectedTensor = z.output<typeof expectedTensor>;

export async function readManifest(folder: string): Promise<z.output<typeof manifest>> {
  return manifest.parse(JSON.parse(await readFile(join(folder, 'manifest.json'), 'utf8')));
}
