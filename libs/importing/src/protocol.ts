import type {
  ErrorCode,
  ImportPrecision,
  ImportProgress,
  ImportReport,
  Moderation,
  Task,
  VersionManifest,
} from '@heddle/contracts';

/** Where a checkpoint lies: a folder in Hugging Face's or Microsoft's layout, or an archive of one. Only read. */
export type CheckpointSource = { folder: string } | { archive: string };

/** What an import wants otherwise than the checkpoint says. */
export interface ImportWishes {
  head?: VersionManifest['head'];
  /** Tasks to offer, the default one first; all that the head answers when absent. */
  tasks?: Task[];
  /** Label names by class index. */
  labels?: string[];
  /** How moderations read the labels; each of its parts in place of the configuration's. */
  moderation?: Moderation;
  /** Longest input in tokens. */
  maxTokens?: number;
  /** What the main graph is served in; float32 when absent. */
  precision?: ImportPrecision;
  /**
   * A file of the owner's own texts, which a variant must answer like float32: one JSON value a line, a string or an
   * object of `text` and perhaps `text_pair`. When absent the checkpoint's `calibration.jsonl`, else the texts that come
   * with Heddle.
   */
  calibration?: string;
}

/** What parent and import child say to each other: the child reads hostile bytes, so it may crash, hang or be killed. */
export interface ImportRequest {
  source: CheckpointSource;
  wishes: ImportWishes;
  /** An empty folder, removed by the caller whatever becomes of the child. */
  workDir: string;
}

/** A version in a folder, verified; nothing of it is registered anywhere. */
export interface BuiltVersion {
  /** Holds the files that the manifest names. */
  dir: string;
  manifest: VersionManifest;
  report: ImportReport;
}

export type ImportMessage =
  | { type: 'progress'; progress: ImportProgress }
  | { type: 'built'; version: BuiltVersion }
  | {
      type: 'failed';
      code: ErrorCode;
      message: string;
      extra: Record<string, unknown>;
      stack: string | undefined;
    };
