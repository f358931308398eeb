import type { VersionManifest } from '@heddle/contracts';
import { z } from 'zod';

const labelMaps = z.strictObject({
  id2label: z.record(z.string(), z.string()),
  label2id: z.record(z.string(), z.int().min(0)),
});

export const teiInfo = z
  .strictObject({
    model_id: z.string(),
    model_sha: z.string().nullable(),
    model_dtype: z.enum(['float32', 'float16', 'int8']),
    served_model_name: z.string(),
    model_type: z.union([
      z.strictObject({ classifier: labelMaps }),
      z.strictObject({ reranker: labelMaps }),
      z.strictObject({ embedding: z.strictObject({ pooling: z.string() }) }),
    ]),
    max_concurrent_requests: z.int().min(1),
    max_input_length: z.int().min(1),
    max_batch_tokens: z.int().min(1),
    max_batch_requests: z.int().nullable(),
    max_client_batch_size: z.int().min(1),
    auto_truncate: z.boolean(),
    tokenization_workers: z.int().min(1),
    version: z.string(),
    sha: z.string().nullable(),
    docker_label: z.string().nullable(),
  })
  .meta({ id: 'TEIInfo' });
type Info = z.infer<typeof teiInfo>;

const DTYPES = { fp32: 'float32', fp16: 'float16', int8: 'int8' } as const;

/** What kind of model it is in the eyes of text-embeddings-inference. */
export function teiKindOf({
  head,
  labels,
}: Pick<VersionManifest, 'head' | 'labels'>): 'classifier' | 'reranker' | 'embedding' {
  if (head === 'sequence-classification') return labels.length === 1 ? 'reranker' : 'classifier';
  return labels.length > 0 ? 'classifier' : 'embedding';
}

/** `server`: what is so of every model. */
export function teiInfoOf(
  name: string,
  manifest: VersionManifest,
  server: Pick<
    Info,
    'max_concurrent_requests' | 'max_batch_tokens' | 'max_client_batch_size' | 'version' | 'sha'
  >,
): Info {
  return {
    model_id: name,
    model_sha: manifest.source.sha256,
    model_dtype: DTYPES[manifest.precision],
    served_model_name: name,
    model_type: modelType(manifest),
    max_input_length: manifest.maxTokens,
    max_batch_requests: null,
    auto_truncate: true,
    tokenization_workers: 1,
    docker_label: null,
    ...server,
  };
}

function modelType(manifest: VersionManifest): Info['model_type'] {
  const kind = teiKindOf(manifest);
  if (kind === 'embedding') return { embedding: { pooling: manifest.pooling ?? 'mean' } };
  const maps = {
    id2label: Object.fromEntries(manifest.labels.map((label, id) => [String(id), label])),
    label2id: Object.fromEntries(manifest.labels.map((label, id) => [label, id])),
  };
  return kind === 'reranker' ? { reranker: maps } : { classifier: maps };
}
