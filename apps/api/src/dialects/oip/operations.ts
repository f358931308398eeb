import { oipError, oipMetadata, oipRequest, oipResponse } from '@heddle/dialects';
import { z } from 'zod';
import type { Operation } from '../../http/operation.js';

const OF_OIP = { tag: 'Open Inference', envelope: oipError } as const;

function get(id: string, summary: string, schema: z.ZodType): Operation {
  return { ...OF_OIP, id, summary, answers: { 200: { description: 'That is it.', schema } } };
}

const named = z.strictObject({ name: z.string(), ready: z.boolean() });
const config = z.strictObject({ name: z.string(), platform: z.string(), max_batch_size: z.int() });

export const oipServer = get(
  'oipServer',
  'What server it is',
  z.strictObject({ name: z.string(), version: z.string(), extensions: z.array(z.string()) }),
);
export const oipLive = get('oipLive', 'Whether the process lives', z.strictObject({ live: z.boolean() }));
export const oipReady = get(
  'oipReady',
  'Whether calls are taken and answered',
  z.strictObject({ ready: z.boolean() }),
);
export const oipModel = get('oipModel', 'Tensors of a model', oipMetadata);
export const oipModelVersion = get('oipModelVersion', 'Tensors of a version', oipMetadata);
export const oipModelReady = get('oipModelReady', 'Whether a model can be asked', named);
export const oipVersionReady = get('oipVersionReady', 'Whether a version can be asked', named);
export const oipModelConfig = get('oipModelConfig', 'How a model is served', config);
export const oipVersionConfig = get('oipVersionConfig', 'How a version is served', config);

const infer: Operation = {
  ...OF_OIP,
  id: 'oipInfer',
  summary: 'Ask a model',
  description:
    'Also with the bytes of tensors behind the JSON, whose length `Inference-Header-Content-Length` says then; so may the answer be.',
  headers: ['Idempotency-Key', 'traceparent'],
  body: { schema: oipRequest },
  answers: { 200: { description: 'The tensors that were asked for.', schema: oipResponse } },
};
export const oipInfer: Operation = infer;
export const oipInferVersion: Operation = { ...infer, id: 'oipInferVersion', summary: 'Ask a version' };

export const oipIndex: Operation = {
  ...OF_OIP,
  id: 'oipIndex',
  summary: 'Models and their versions',
  body: { schema: z.object({ ready: z.boolean().exactOptional() }), optional: true },
  answers: {
    200: {
      description: 'Those that can be asked.',
      schema: z.array(
        z.strictObject({
          name: z.string(),
          version: z.string(),
          state: z.literal('READY'),
          reason: z.string(),
        }),
      ),
    },
  },
};

const load: Operation = {
  ...OF_OIP,
  id: 'oipLoad',
  summary: 'Have a model loaded',
  description: 'Workers load what is asked for by themselves: there is nothing to do.',
  body: { schema: z.object({}), optional: true },
  answers: { 200: { description: 'It can be asked.', schema: z.strictObject({}) } },
};
export const oipLoad: Operation = load;
export const oipUnload: Operation = {
  ...load,
  id: 'oipUnload',
  summary: 'Have a model unloaded',
  answers: {
    200: { description: 'Workers unload it when others need the room.', schema: z.strictObject({}) },
  },
};
