import type { Readable } from 'node:stream';

/** SHA-256 in hexadecimal, and size. */
export interface Digest {
  sha256: string;
  bytes: number;
}

interface PutOptions {
  /** Known digest of the file's bytes; computed when absent. */
  digest?: Digest;
  /** The file may be taken away from where it is: nothing is copied where the file system allows it. */
  move?: boolean;
}

/** Content-addressed files: a file is named by the SHA-256 of its bytes, so it never changes. */
export interface ArtifactStore {
  /** Brings a file into the store; the same bytes again are a no-op. Errors: `storage-full`. */
  put(path: string, options?: PutOptions): Promise<Digest>;
  has(sha256: string): Promise<boolean>;
  /** Writes the bytes of an artefact to `path`. Errors: `artifact-corrupt` when it is not there. */
  fetch(sha256: string, path: string): Promise<void>;
  /** The bytes of an artefact, or those of a range (both ends included). Errors: `artifact-corrupt`. */
  read(sha256: string, range?: { start: number; end: number }): Promise<Readable>;
  remove(sha256: string): Promise<void>;
}
