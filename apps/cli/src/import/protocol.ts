import type { ErrorCode } from '@heddle/contracts';
import type { CompiledModel } from '@heddle/deberta';

/** What the import child is told: one checkpoint, one folder for the result. */
export interface ImportRequest {
  checkpointDir: string;
  outDir: string;
}

export type ImportResponse =
  | { ok: true; compiled: CompiledModel }
  | { ok: false; code: ErrorCode; message: string; stack: string | undefined };
