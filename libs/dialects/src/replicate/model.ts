import type { Version } from '@heddle/contracts';
import { z } from 'zod';

/** Clients older than 0.3.9 are said to know no arrays. */
const COG_VERSION = '0.16.0';

export const replicateVersion = z
  .strictObject({
    id: z.string(),
    created_at: z.string(),
    cog_version: z.string(),
    openapi_schema: z.record(z.string(), z.unknown()),
  })
  .meta({ id: 'ReplicateVersion' });
export type ReplicateVersion = z.infer<typeof replicateVersion>;

export const replicateModel = z
  .strictObject({
    url: z.string(),
    owner: z.string(),
    name: z.string(),
    description: z.string(),
    visibility: z.enum(['public', 'private']),
    github_url: z.null(),
    paper_url: z.null(),
    license_url: z.null(),
    run_count: z.int(),
    cover_image_url: z.null(),
    default_example: z.null(),
    latest_version: replicateVersion.nullable(),
    created_at: z.string(),
  })
  .meta({ id: 'ReplicateModel' });
export type ReplicateModel = z.infer<typeof replicateModel>;

export const replicateDeployment = z
  .strictObject({
    owner: z.string(),
    name: z.string(),
    current_release: z.strictObject({
      number: z.int(),
      model: z.string(),
      version: z.string(),
      created_at: z.string(),
      created_by: z.record(z.string(), z.unknown()),
      configuration: z.record(z.string(), z.unknown()),
    }),
  })
  .meta({ id: 'ReplicateDeployment' });
export type ReplicateDeployment = z.infer<typeof replicateDeployment>;

/** A page of a list; `next` is the address of the next one. */
export function replicateListOf<Shown extends z.ZodType>(id: string, shown: Shown) {
  return z
    .strictObject({ next: z.string().nullable(), previous: z.string().nullable(), results: z.array(shown) })
    .meta({ id });
}

export function replicateVersionView({ id, created_at, tasks, model, number }: Version): ReplicateVersion {
  return {
    id,
    created_at,
    cog_version: COG_VERSION,
    openapi_schema: {
      openapi: '3.0.2',
      info: { title: `${model}@${number}`, version: String(number) },
      paths: {},
      components: {
        schemas: {
          Input: {
            type: 'object',
            title: 'Input',
            properties: {
              text: { type: 'string', title: 'Text', description: 'One text.' },
              inputs: { title: 'Inputs', description: 'An item of the task, or a list of them.' },
              task: { type: 'string', title: 'Task', enum: tasks ?? [] },
            },
          },
          // No `x-cog-array-type`: clients would take outputs for pieces of one.
          Output: { title: 'Output' },
        },
      },
    },
  };
}
