import { nextTokenId } from './added-tokens.js';
import { isObject, type Json } from './json.js';
import { refuse } from './refuse.js';

/** Longest published piece: a few dozen characters. */
const MAX_PIECE_CHARS = 1_000;
/** The native tokenizer compares every added token with all before it; the largest known list has some hundreds. */
const MAX_ADDED_TOKENS = 10_000;
const FLAGS = ['single_word', 'lstrip', 'rstrip', 'normalized', 'special'];

/** The model and the vocabulary of a tokenizer.json, see checkTokenizerJson. */
export function checkModel(json: Json, vocabSize: number, file: string): void {
  const { model } = json;
  if (!isObject(model) || (model.type !== 'Unigram' && model.type !== 'BPE'))
    refuse(file, 'model must be one of Unigram, BPE');
  // A map, because pieces may be called __proto__.
  const ids = new Map<string, number>();
  const add = (piece: unknown, id: unknown) => addPiece(ids, piece, id, vocabSize, file);
  if (model.type === 'Unigram') checkUnigram(model, add, file);
  else checkBpe(model, add, file);
  if (ids.size === 0) refuse(file, 'the vocabulary is empty');
  if (typeof model.unk_token === 'string' && !ids.has(model.unk_token))
    refuse(file, `the unknown token ${JSON.stringify(model.unk_token)} is not in the vocabulary`);
  checkAddedTokens(json.added_tokens ?? [], ids, add, file);
}

type Add = (piece: unknown, id: unknown) => void;

/** `vocab` lists [piece, score] in id order. */
function checkUnigram({ vocab, unk_id: unkId }: Json, add: Add, file: string): void {
  if (!Array.isArray(vocab)) refuse(file, 'the vocabulary is not a list');
  for (const [id, entry] of vocab.entries()) {
    const [piece, score] = Array.isArray(entry) ? entry : [];
    add(piece, id);
    // Beyond float32, which SentencePiece stores, sums are no longer ordered.
    if (typeof score !== 'number' || !Number.isFinite(Math.fround(score)))
      refuse(file, `the score of ${JSON.stringify(piece)} is not a float32 number`);
  }
  if (!Number.isInteger(unkId) || (unkId as number) < 0 || (unkId as number) >= vocab.length)
    refuse(file, 'the model does not say which piece is the unknown one');
}

/** `vocab` maps piece to id. */
function checkBpe(model: Json, add: Add, file: string): void {
  if (!isObject(model.vocab)) refuse(file, 'the vocabulary is not a map');
  for (const [piece, id] of Object.entries(model.vocab)) add(piece, id);
  if (model.dropout) refuse(file, 'dropout would give other tokens every time');
  // The native tokenizer cuts merges by the length of the prefix, wherever that falls.
  if (model.continuing_subword_prefix || model.end_of_word_suffix)
    refuse(file, 'continuing_subword_prefix and end_of_word_suffix are not supported');
}

function checkAddedTokens(added: unknown, ids: Map<string, number>, add: Add, file: string): void {
  if (!Array.isArray(added)) refuse(file, 'added_tokens is not a list');
  if (added.length > MAX_ADDED_TOKENS)
    refuse(file, `added_tokens has ${added.length} entries, more than ${MAX_ADDED_TOKENS}`);
  const used = new Set(ids.values());
  const pieces = ids.size;
  let last = -1;
  for (const token of added) {
    if (!isObject(token) || typeof token.content !== 'string') refuse(file, 'an added token has no content');
    const { content, id } = token;
    const name = JSON.stringify(content.slice(0, MAX_PIECE_CHARS));
    if (FLAGS.some((flag) => typeof token[flag] !== 'boolean')) refuse(file, `${name} lacks a flag`);
    const known = ids.get(content);
    if (known !== undefined && known !== id) refuse(file, `added token ${name} has two ids`);
    if (known === undefined) {
      if (used.has(id as number)) refuse(file, `two tokens have the id ${String(id)}`);
      add(content, id);
      used.add(id as number);
      const next = nextTokenId(pieces, last);
      if (id !== next) refuse(file, `added token ${name} has the id ${String(id)} where ${next} is next`);
    }
    last = Math.max(last, id as number);
  }
}

function addPiece(
  ids: Map<string, number>,
  piece: unknown,
  id: unknown,
  vocabSize: number,
  file: string,
): void {
  if (typeof piece !== 'string' || piece.length > MAX_PIECE_CHARS)
    refuse(file, 'a piece is not a short string');
  if (piece === '') refuse(file, 'a piece is empty');
  if (!Number.isInteger(id) || (id as number) < 0 || (id as number) >= vocabSize)
    refuse(
      file,
      `the id ${JSON.stringify(id)} of ${JSON.stringify(piece)} is outside the model's ${vocabSize} embeddings`,
    );
  if (ids.has(piece)) refuse(file, `the piece ${JSON.stringify(piece)} is there twice`);
  ids.set(piece, id as number);
}
