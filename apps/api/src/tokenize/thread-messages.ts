import type { ErrorCode, TokenizeBody } from '@heddle/contracts';

/** Texts to cut into tokens, or whose tokens are to be counted, special ones included; or ids to make texts of. */
export type ThreadWork =
  | { inputs: TokenizeBody['inputs']; addSpecialTokens: boolean }
  | { lengthsOf: TokenizeBody['inputs'] }
  | { ids: number[][]; skipSpecialTokens: boolean };

export type ThreadRequest = ThreadWork & {
  /** Digest of the version's tokenizer.json. */
  sha256: string;
  /** Where its bytes are, unverified; without it only a tokenizer that is open answers. */
  path?: string;
};

/** JSON of the answer, or an error that the user may see; any other ends the thread. */
export type ThreadAnswer = { json: Uint8Array } | { code: ErrorCode; message: string } | { notOpen: true };
