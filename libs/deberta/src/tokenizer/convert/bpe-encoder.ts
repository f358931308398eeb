import { join } from 'node:path';
import { type PlainData, readTorchObject } from '@heddle/checkpoint';
import { HeddleError } from '@heddle/contracts';
import { refuse } from '../refuse.js';
import type { TokenizerSettings } from '../settings.js';
import { byteLevelTokenizer } from './byte-level.js';
import type { Converted } from './tokenizer-json.js';

const FILE = 'bpe_encoder.bin';
const FIRST_SYMBOLS = ['[PAD]', '[CLS]', '[SEP]', '[UNK]'];
const LAST_SYMBOL = '[MASK]';
/** Symbols of dict_map that stand for a piece are the piece's GPT-2 id. */
const GPT2_ID = /^(0|[1-9][0-9]{0,8})$/;

/**
 * The tokenizer of Microsoft's bpe_encoder.bin (DeBERTa/deberta/gpt2_tokenizer.py): `encoder` maps pieces to GPT-2
 * ids, `vocab` lists pairs to merge, and `dict_map` the symbols in the order of the ids that the model knows them by.
 * Errors: `unsupported-tokenizer`, `unsafe-pickle`.
 */
export async function bpeEncoderTokenizer(dir: string, settings: TokenizerSettings): Promise<Converted> {
  const data = await readPlain(join(dir, FILE));
  if (!(data instanceof Map)) refuse(FILE, 'is not a dictionary');
  const pieces = readEncoder(data.get('encoder'));
  const vocab = readSymbols(data.get('dict_map'), pieces);
  for (const piece of pieces.values())
    if (!vocab.has(piece)) refuse(FILE, `the piece ${shown(piece)} has no entry in dict_map`);
  return byteLevelTokenizer({ vocab, merges: readMerges(data.get('vocab'), vocab) }, settings);
}

async function readPlain(path: string): Promise<PlainData> {
  try {
    return await readTorchObject(path);
  } catch (error) {
    if (!(error instanceof HeddleError) || error.code === 'unsafe-pickle') throw error;
    throw new HeddleError('unsupported-tokenizer', error.message, { cause: error });
  }
}

/** Pieces by GPT-2 id. */
function readEncoder(encoder: PlainData | undefined): Map<number, string> {
  if (!(encoder instanceof Map)) refuse(FILE, 'has no encoder');
  const pieces = new Map<number, string>();
  for (const [piece, id] of encoder) {
    if (typeof piece !== 'string' || typeof id !== 'number') refuse(FILE, 'the encoder is not a map of ids');
    pieces.set(id, piece);
  }
  return pieces;
}

/** Ids of the pieces. A symbol that is no GPT-2 id, such as madeupword0000, takes an id too. */
function readSymbols(dictMap: PlainData | undefined, pieces: Map<number, string>): Map<string, number> {
  if (!Array.isArray(dictMap)) refuse(FILE, 'has no dict_map');
  const symbols = new Set(FIRST_SYMBOLS);
  for (const entry of dictMap as PlainData[]) {
    const symbol = Array.isArray(entry) ? (entry[0] as PlainData) : undefined;
    if (typeof symbol !== 'string') refuse(FILE, 'dict_map is not a list of symbols');
    symbols.add(symbol);
  }
  symbols.add(LAST_SYMBOL);
  const vocab = new Map<string, number>();
  for (const symbol of symbols) {
    const piece = GPT2_ID.test(symbol) ? pieces.get(Number(symbol)) : symbol;
    if (piece === undefined) refuse(FILE, `the symbol ${symbol} is not in the encoder`);
    if (vocab.has(piece)) refuse(FILE, `two symbols mean ${shown(piece)}`);
    vocab.set(piece, vocab.size);
  }
  return vocab;
}

function readMerges(merges: PlainData | undefined, vocab: Map<string, number>): [string, string][] {
  if (!Array.isArray(merges)) refuse(FILE, 'has no vocab');
  return (merges as PlainData[]).map((pair) => {
    const [left, right] = Array.isArray(pair) ? (pair as PlainData[]) : [];
    if (typeof left !== 'string' || typeof right !== 'string') refuse(FILE, 'vocab is not a list of pairs');
    for (const piece of [left, right, left + right])
      if (!vocab.has(piece)) refuse(FILE, `${shown(piece)} is not in the vocabulary`);
    return [left, right];
  });
}

function shown(piece: string): string {
  return JSON.stringify(piece.slice(0, 80));
}
