import type { ArtifactLocation } from '@heddle/artifacts';
import type { ErrorCode, TokenizeBody } from '@heddle/contracts';

/** What the tokenizer thread is started with. */
export interface ThreadData {
  artifacts: ArtifactLocation;
  /** A folder of its own for what it fetches. */
  scratchDir: string;
}

export interface ThreadRequest {
  /** Digest of the version's tokenizer.json. */
  sha256: string;
  inputs: TokenizeBody['inputs'];
  addSpecialTokens: boolean;
}

/** JSON of the answer, or an error that the user may see; any other ends the thread. */
export type ThreadAnswer = { json: Uint8Array } | { code: ErrorCode; message: string };
