import { z } from 'zod';
import { errorCode } from './errors.js';
import { pageOf, publicIdOf, timestamp } from './shapes.js';
import { TASKS } from './tasks/index.js';

export const ALIAS_NAME = /^[a-z][a-z0-9-]{0,31}$/;
export const DEFAULT_ALIAS = 'production';

/** A version of the alias's model: its id or number. */
const versionReference = z.union([z.string().min(1).max(64), z.int().min(1)]);
const percent = z.int().min(1).max(99);

const share = z.number().min(0).max(1);

/** When a canary is taken away by itself. */
const rollback = z.strictObject({
  max_error_rate: share.exactOptional().describe('Share of its jobs that fail.'),
  max_disagreement: share
    .exactOptional()
    .describe(
      'Share of the decisions that differ from those of the alias’s version; the canary must be its shadow as well.',
    ),
  min_jobs: z.int().min(1).max(10_000).default(100).describe('Before so many nothing is concluded.'),
});
export type CanaryRollback = z.infer<typeof rollback>;

/** Body of `PUT /v1/models/{m}/aliases/{a}`: all of what the alias is from then on. */
export const putAliasBody = z.strictObject({
  version: versionReference,
  canary: z
    .strictObject({
      version: versionReference,
      percent: percent.describe('Of the jobs that name the alias.'),
      rollback: rollback
        .refine(
          ({ max_error_rate: errors, max_disagreement: disagreement }) =>
            errors !== undefined || disagreement !== undefined,
          'needs max_error_rate or max_disagreement',
        )
        .nullable()
        .optional(),
    })
    .nullable()
    .optional()
    .describe('A version on trial. Absent or null: none.'),
  shadow: versionReference
    .nullable()
    .optional()
    .describe('A version that answers the same jobs again, for comparison. Absent or null: none.'),
  evaluation: z.string().min(1).max(64).optional().describe('What it is moved for; goes into the history.'),
  force: z.boolean().default(false).describe('Moves a gated alias although gates are not met.'),
});
export type PutAliasBody = z.infer<typeof putAliasBody>;

/** Where an alias leads. */
export const aliasTarget = z
  .strictObject({
    version: publicIdOf('version'),
    canary: z
      .strictObject({ version: publicIdOf('version'), percent, rollback: rollback.nullable() })
      .nullable(),
    shadow: publicIdOf('version').nullable(),
  })
  .meta({ id: 'AliasTarget' });
export type AliasTarget = z.infer<typeof aliasTarget>;

/** A change of an alias, or a try at one that was refused. */
export const aliasChange = z
  .strictObject({
    at: timestamp,
    actor: z
      .strictObject({ key: publicIdOf('key').nullable(), name: z.string() })
      .describe('`key` is null for what no key did, and for another tenant’s.'),
    refused: errorCode
      .nullable()
      .describe('Null for a change that was made. Otherwise the code of the answer: nothing changed.'),
    from: aliasTarget.nullable().describe('Null where the alias was made.'),
    to: aliasTarget
      .nullable()
      .describe('Null where it was deleted, and where what was wanted is no version of the model.'),
    evaluation: z.string().nullable(),
    forced: z.boolean(),
  })
  .meta({ id: 'AliasChange' });
export type AliasChange = z.infer<typeof aliasChange>;

/** What came of comparing a shadow with the version of the alias, of one task. */
export const shadowComparison = z
  .strictObject({
    task: z.enum(TASKS),
    jobs: z.int().min(0).describe('That were answered twice and compared.'),
    failed: z.int().min(0).describe('Of those, the ones that the shadow failed as a whole.'),
    dropped: z
      .int()
      .min(0)
      .describe('Jobs for which nothing was spare in time: the shadow did not answer them.'),
    decisions: z.int().min(0).describe('Items of which both decided something.'),
    agreement: z.number().min(0).max(1).nullable().describe('Share of the decisions that are the same.'),
    mean_score_difference: z.number().nullable(),
  })
  .meta({ id: 'ShadowComparison' });
export type ShadowComparison = z.infer<typeof shadowComparison>;

export const alias = z
  .strictObject({
    object: z.literal('alias'),
    model: z.string(),
    name: z.string(),
    version: publicIdOf('version'),
    version_number: z.int().min(1),
    canary: z
      .strictObject({
        version: publicIdOf('version'),
        version_number: z.int().min(1),
        percent,
        rollback: rollback.nullable(),
        since: timestamp.describe('When that version became the canary.'),
      })
      .nullable(),
    shadow: z
      .strictObject({
        version: publicIdOf('version'),
        version_number: z.int().min(1),
        comparisons: z.array(shadowComparison).exactOptional().describe('By task. Not in lists.'),
      })
      .nullable(),
    updated_at: timestamp,
    history: z
      .array(aliasChange)
      .exactOptional()
      .describe('Newest first: the last 50 changes, and the last 50 refused tries. Not in lists.'),
  })
  .meta({ id: 'Alias' });
export type Alias = z.infer<typeof alias>;
export const aliasPage = pageOf('AliasPage', alias);
