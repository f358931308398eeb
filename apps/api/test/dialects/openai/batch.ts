import { waitFor } from '@heddle/testing';
import OpenAI, { toFile } from 'openai';
import { openai } from './setting.js';

export interface Line {
  id: string;
  custom_id: string;
  response: { status_code: number; request_id: string; body: never } | null;
  error: { code: string; message: string } | null;
}

export function lineOf(customId: string, url: string, body: unknown): string {
  return JSON.stringify({ custom_id: customId, method: 'POST', url, body });
}

export async function create(lines: string[], endpoint: string, more: object = {}): Promise<OpenAI.Batch> {
  const file = await openai.files.create({
    purpose: 'batch',
    file: await toFile(Buffer.from(lines.join('\n')), 'in.jsonl'),
  });
  return openai.batches.create({
    input_file_id: file.id,
    endpoint: endpoint as '/v1/embeddings',
    completion_window: '24h',
    ...more,
  });
}

export async function untilEnded({ id }: OpenAI.Batch): Promise<OpenAI.Batch> {
  let batch: OpenAI.Batch;
  await waitFor(
    async () => {
      batch = await openai.batches.retrieve(id);
      return ['completed', 'failed', 'cancelled', 'expired'].includes(batch.status);
    },
    { timeoutMs: 60_000 },
  );
  return batch!;
}

export async function linesOf(fileId: string | null | undefined): Promise<Line[]> {
  const text = await (await openai.files.content(fileId!)).text();
  return text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Line);
}
