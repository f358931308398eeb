import type { Readable } from 'node:stream';

/** SHA-256 in hexadecimal, and size. */
export interface Digest {
  sha256: string;
  bytes: number;
}

/** An artefact that is in a store. */
export interface ListedArtifact extends Digest {
  /** When its bytes came there. */
  putAt: Date;
}

interface PutOptions {
  /** Known digest of the file's bytes; computed when absent. */
  digest?: Digest;
  /** The file may be taken away from where it is: nothing is copied where the file system allows it. */
  move?: boolean;
}

/** Content-addressed files: a file is named by the SHA-256 of its bytes, so it never changes. */
export interface ArtifactStore {
  /**
   * Whether this process may use the store. Errors: `artifacts-unavailable` when only an operator can mend it,
   * `overloaded` when it cannot be reached now.
   */
  check(): Promise<void>;
  /**
   * Brings a file into the store; the same bytes again are a no-op. Errors: `storage-full`; in some stores also
   * `artifact-corrupt` when the file is not what its digest says.
   */
  put(path: string, options?: PutOptions): Promise<Digest>;
  has(sha256: string): Promise<boolean>;
  /**
   * Writes the bytes of an artefact to `path`; whoever uses them verifies them. Errors: `artifact-corrupt` when it is
   * not there, `storage-full`.
   */
  fetch(sha256: string, path: string): Promise<void>;
  /** The bytes of an artefact, or those of a range (both ends included). Errors: `artifact-corrupt`. */
  read(sha256: string, range?: { start: number; end: number }): Promise<Readable>;
  /** What is there, in no order; what comes or goes meanwhile may be among it or not. */
  list(): AsyncIterable<ListedArtifact>;
  /** Removes an artefact; one that is not there is a no-op. */
  remove(sha256: string): Promise<void>;
}
