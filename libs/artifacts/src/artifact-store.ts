/** Content-addressed files: a file is named by the SHA-256 of its bytes, so it never changes. */
export interface ArtifactStore {
  /** Copies a file into the store; the same bytes again are a no-op. Errors: `storage-full`. */
  put(path: string): Promise<{ sha256: string; bytes: number }>;
  has(sha256: string): Promise<boolean>;
  /** Writes the bytes of an artefact to `path`. Errors: `artifact-corrupt` when it is not there. */
  fetch(sha256: string, path: string): Promise<void>;
  remove(sha256: string): Promise<void>;
}
