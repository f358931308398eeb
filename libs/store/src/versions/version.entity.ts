import {
  IMPORT_STAGES,
  type ImportError,
  type ImportReport,
  type ImportVersionBody,
  type VersionManifest,
  type VersionState,
} from '@heddle/contracts';

/** What an import was asked for; the ids of its files are in a column of their own. */
export interface ImportRequest {
  source: 'files' | 'archive';
  precision: ImportVersionBody['precision'];
  head?: ImportVersionBody['head'];
  tasks?: ImportVersionBody['tasks'];
  labels?: string[];
  moderation?: ImportVersionBody['moderation'];
  maxTokens?: number;
}

/** A version row with the name of its model, as the API shows it. */
export interface VersionRecord {
  id: string;
  modelId: string;
  model: string;
  number: number;
  status: VersionState;
  notes: string;
  /** Whether it stays loaded. */
  warm: boolean;
  /** Null for versions that setup made. */
  request: ImportRequest | null;
  sourceFiles: string[];
  percent: number;
  /** Null until the import is finished. */
  manifest: VersionManifest | null;
  sha256: string | null;
  report: ImportReport | null;
  error: ImportError | null;
  createdAt: Date;
  readyAt: Date | null;
}

/** What may change of a version; what is absent stays. */
export interface VersionChange {
  notes?: string;
  warm?: boolean;
  archived?: boolean;
}

/** An import that a worker has claimed, and the fence it must show with every change. */
export interface ClaimedImport {
  id: string;
  attempt: number;
  request: ImportRequest;
  /** In the order of the request. */
  files: { filename: string; sha256: string; bytes: number }[];
}

/** The fence of an import: its version and the attempt that holds it. */
export interface ImportFence {
  id: string;
  attempt: number;
}

/** The states of an unfinished import, as a list in SQL. */
export const UNFINISHED = IMPORT_STAGES.map((stage) => `'${stage}'`).join(', ');
