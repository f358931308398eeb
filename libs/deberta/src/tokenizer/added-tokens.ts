import type { Tokenizer as NativeTokenizer } from 'tokenizers';
import { isObject, type Json } from './json.js';
import { refuse } from './refuse.js';

/** A token that is looked for in the text before the model sees it, as tokenizer.json writes it. */
export interface AddedToken {
  content: string;
  single_word: boolean;
  lstrip: boolean;
  rstrip: boolean;
  normalized: boolean;
  special: boolean;
}

const FLAGS = ['single_word', 'lstrip', 'rstrip', 'normalized', 'special'] as const;
type Flags = { [name in (typeof FLAGS)[number]]?: boolean | undefined };

/** Flags as transformers' AddedToken defaults them: a token is sought in the normalised text unless special. */
export function addedToken(content: string, flags: Flags = {}): AddedToken {
  const { single_word = false, lstrip = false, rstrip = false, special = false } = flags;
  return { content, single_word, lstrip, rstrip, normalized: flags.normalized ?? !special, special };
}

/** A token that a settings file spells out. Errors: `unsupported-tokenizer`. */
export function readAddedToken(value: unknown, file: string): AddedToken {
  if (!isObject(value) || typeof value.content !== 'string') refuse(file, 'a token has no content');
  const flags: Flags = {};
  for (const name of FLAGS) {
    const flag = value[name] ?? undefined;
    if (flag !== undefined && typeof flag !== 'boolean')
      refuse(file, `${name} of ${JSON.stringify(value.content)} is neither true nor false`);
    flags[name] = flag;
  }
  return addedToken(value.content, flags);
}

/**
 * Id of a new added token, as Hugging Face tokenizers number them: after the vocabulary's `pieces` and after the
 * `last` added token, the one with the highest id (-1 when there is none).
 */
export function nextTokenId(pieces: number, last: number): number {
  return last >= pieces || pieces === 0 ? last + 1 : pieces;
}

/** Ids of the pieces of a checked tokenizer.json's model, without added tokens. */
export function pieceIdsOf({ model }: Json): Map<string, number> {
  const { vocab } = model as { vocab: [string, number][] | Record<string, number> };
  return new Map(Array.isArray(vocab) ? vocab.map(([piece], id) => [piece, id]) : Object.entries(vocab));
}

/**
 * Adds tokens to the added_tokens of a tokenizer.json, as Hugging Face tokenizers do: one that is there with the
 * same flags stays, one with other flags is changed, one that is a piece keeps its id. True when anything changed.
 */
export function addTokens(json: Json, tokens: AddedToken[], pieceIds: ReadonlyMap<string, number>): boolean {
  const listed = new Map<string, Json>();
  for (const token of json.added_tokens as Json[]) listed.set(token.content as string, token);
  let last = -1;
  for (const { id } of listed.values()) last = Math.max(last, id as number);
  let changed = false;
  for (const token of tokens) {
    const known = listed.get(token.content);
    if (token.content === '' || (known && isSame(known, token))) continue;
    const id = known?.id ?? pieceIds.get(token.content) ?? nextTokenId(pieceIds.size, last);
    last = Math.max(last, id as number);
    listed.set(token.content, { id, ...token });
    changed = true;
  }
  json.added_tokens = [...listed.values()].sort((a, b) => (a.id as number) - (b.id as number));
  return changed;
}

/** Whether a token, as JSON or not, has the content and flags of another. */
export function isSame(a: Json | AddedToken, b: AddedToken): boolean {
  return a.content === b.content && FLAGS.every((name) => a[name] === b[name]);
}

/** Blanks as the native tokenizer knows them. */
const BEGINS_WITH_BLANK = /^[\s\u0085]/u;

/**
 * Refuses added tokens that make the native tokenizer end the process: one of which normalisation leaves nothing is
 * found inside of characters, and one that begins with a blank is found again in the blanks that a token before it
 * has taken to its right. Errors: `unsupported-tokenizer`.
 */
export function refuseFatalTokens(json: Json, native: NativeTokenizer): void {
  const tokens = Array.isArray(json.added_tokens) ? json.added_tokens.filter(isObject) : [];
  const normalizer = native.getNormalizer();
  const takesBlanks = tokens.some(({ rstrip }) => rstrip === true);
  for (const { content, normalized } of tokens) {
    const name = JSON.stringify(content);
    const sought = normalized ? (normalizer?.normalizeString(String(content)) ?? content) : content;
    if (sought === '') refuse('tokenizer.json', `normalisation leaves nothing of the added token ${name}`);
    if (takesBlanks && BEGINS_WITH_BLANK.test(String(sought)))
      refuse('tokenizer.json', `the added token ${name} begins with a blank where another takes blanks`);
  }
}
