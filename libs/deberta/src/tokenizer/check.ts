import { readFile, stat } from 'node:fs/promises';
import { HeddleError } from '@heddle/contracts';
import { charsmapError } from './charsmap.js';

/** mDeBERTa's file, the largest known, has 17 MB. */
const MAX_BYTES = 64 * 1024 * 1024;
/** Longest published piece: a few dozen characters. */
const MAX_PIECE_CHARS = 1_000;

/** Components that take no regular expression, so that no text can make them run for minutes. */
const NORMALIZERS = new Set([
  'Sequence',
  'Strip',
  'Precompiled',
  'Replace',
  'Lowercase',
  'NFC',
  'NFD',
  'NFKC',
  'NFKD',
  'Nmt',
  'Prepend',
  'StripAccents',
]);
const PRE_TOKENIZERS = new Set([
  'Sequence',
  'Metaspace',
  'Punctuation',
  'ByteLevel',
  'WhitespaceSplit',
  'Digits',
]);
const POST_PROCESSORS = new Set([
  'TemplateProcessing',
  'Sequence',
  'ByteLevel',
  'BertProcessing',
  'RobertaProcessing',
]);
const MODELS = new Set(['Unigram', 'BPE']);
/** The one pattern that converted DeBERTa tokenizers carry; it is linear. */
const SAFE_PATTERNS = new Set([' {2,}']);

type Json = Record<string, unknown>;

/**
 * Refuses a `tokenizer.json` that could harm or that does not belong to an embedding table of `vocabSize` rows:
 * unknown components, regular expressions, duplicate pieces, ids out of range.
 * Errors: `unsupported-tokenizer`.
 */
export async function checkTokenizerJson(path: string, vocabSize: number): Promise<void> {
  const { size } = await stat(path);
  if (size > MAX_BYTES) refuse(`has ${size} bytes, more than ${MAX_BYTES}`);
  const json = parse(await readFile(path, 'utf8'));
  checkComponent(json.normalizer, 'normalizer', NORMALIZERS, 'normalizers');
  checkComponent(json.pre_tokenizer, 'pre_tokenizer', PRE_TOKENIZERS, 'pretokenizers');
  checkComponent(json.post_processor, 'post_processor', POST_PROCESSORS, 'processors');
  checkVocabulary(json, vocabSize);
}

function parse(text: string): Json {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    throw new HeddleError('unsupported-tokenizer', 'tokenizer.json is not JSON.', { cause });
  }
  return isObject(json) ? json : refuse('is not an object');
}

function checkComponent(component: unknown, place: string, allowed: Set<string>, members: string): void {
  if (component === null || component === undefined) return;
  if (!isObject(component)) refuse(`${place} is not an object`);
  const type = String(component.type);
  if (!allowed.has(type))
    refuse(`${place} "${type}" is not supported; supported: ${[...allowed].join(', ')}`);
  const { pattern } = component;
  if (isObject(pattern) && 'Regex' in pattern && !SAFE_PATTERNS.has(String(pattern.Regex))) {
    refuse(`${place} holds the regular expression ${JSON.stringify(pattern.Regex)}, which is not supported`);
  }
  if (type === 'Precompiled') checkCharsmap(component.precompiled_charsmap);
  const inner = component[members];
  if (type !== 'Sequence') return;
  if (!Array.isArray(inner)) refuse(`${place} is a sequence of nothing`);
  for (const [i, member] of inner.entries()) checkComponent(member, `${place}[${i}]`, allowed, members);
}

function checkCharsmap(base64: unknown): void {
  if (typeof base64 !== 'string') refuse('the charsmap is not a string');
  const reason = charsmapError(Buffer.from(base64, 'base64'));
  if (reason) refuse(`the charsmap ${reason}`);
}

function checkVocabulary(json: Json, vocabSize: number): void {
  const { model } = json;
  if (!isObject(model) || !MODELS.has(String(model.type))) {
    refuse(`model must be one of ${[...MODELS].join(', ')}`);
  }
  // A map, because pieces may be called __proto__.
  const ids = new Map<string, number>();
  for (const [piece, id] of entriesOf(model)) addPiece(ids, piece, id, vocabSize);
  if (ids.size === 0) refuse('the vocabulary is empty');

  const added = json.added_tokens ?? [];
  if (!Array.isArray(added)) refuse('added_tokens is not a list');
  const used = new Set(ids.values());
  for (const token of added) {
    if (!isObject(token) || typeof token.content !== 'string') refuse('an added token has no content');
    const known = ids.get(token.content);
    if (known === token.id) continue;
    if (known !== undefined) refuse(`added token ${JSON.stringify(token.content)} has two ids`);
    if (used.has(token.id as number)) refuse(`two tokens have the id ${String(token.id)}`);
    addPiece(ids, token.content, token.id, vocabSize);
    used.add(token.id as number);
  }
}

function addPiece(ids: Map<string, number>, piece: unknown, id: unknown, vocabSize: number): void {
  if (typeof piece !== 'string' || piece.length > MAX_PIECE_CHARS) refuse('a piece is not a short string');
  if (!Number.isInteger(id) || (id as number) < 0 || (id as number) >= vocabSize) {
    refuse(`the id ${String(id)} of ${JSON.stringify(piece)} is outside the model's ${vocabSize} embeddings`);
  }
  if (ids.has(piece)) refuse(`the piece ${JSON.stringify(piece)} is there twice`);
  ids.set(piece, id as number);
}

/** Unigram lists [piece, score] in id order, BPE maps piece to id. */
function entriesOf(model: Json): [unknown, unknown][] {
  const { vocab } = model;
  if (Array.isArray(vocab))
    return vocab.map((entry, id) => [Array.isArray(entry) ? entry[0] : undefined, id]);
  return isObject(vocab) ? Object.entries(vocab) : refuse('the vocabulary is neither a list nor a map');
}

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function refuse(reason: string): never {
  throw new HeddleError('unsupported-tokenizer', `tokenizer.json: ${reason}.`);
}
