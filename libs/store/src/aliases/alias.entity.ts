import type { CanaryRollback, ErrorCode } from '@heddle/contracts';
import type { VersionKey } from '../versions/read.js';

/** An alias as the API shows it. */
export interface AliasRecord {
  name: string;
  model: string;
  versionId: string;
  versionNumber: number;
  canary: {
    versionId: string;
    versionNumber: number;
    percent: number;
    rollback: CanaryRollback | null;
    since: Date;
  } | null;
  shadow: { versionId: string; versionNumber: number } | null;
  updatedAt: Date;
  /** Changes with every change of the alias; an `If-Match` names it. */
  revision: string;
}

/** What an alias shall be. */
export interface AliasWish {
  version: VersionKey;
  canary?: { version: VersionKey; percent: number; rollback?: CanaryRollback | null } | null;
  shadow?: VersionKey | null;
  /** Public id of the evaluation that it is moved for. */
  evaluation?: string | null;
  /** Although gates are not met. */
  force?: boolean;
}

/** What a writer expects to find: a revision, any alias at all, or nothing in particular. */
export type Expected = { revisions: string[] } | 'any' | null;

/** Where an alias leads, as UUIDs of versions. */
export interface Target {
  versionId: string;
  canary: { versionId: string; percent: number; rollback: CanaryRollback | null } | null;
  shadow: string | null;
}

/** A change of an alias, or a refused try at one, as it was written down. */
export interface AliasChangeRecord {
  at: Date;
  actorTenantId: string | null;
  actorKeyId: string | null;
  actorName: string;
  refused: ErrorCode | null;
  /** Of the shape `AliasTarget` of the API. */
  before: unknown;
  after: unknown;
  evaluation: string | null;
  forced: boolean;
}
