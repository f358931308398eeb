import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { AddedToken } from '../added-tokens.js';
import { type Json, readLimited } from '../json.js';
import { refuse } from '../refuse.js';
import { resolveTokenizer } from '../resolve.js';
import { readSettings, textOf } from '../settings.js';
import { addedTokenSplitter } from './added-splitter.js';
import { MODEL_TYPE, PIECE_TYPE, readSpmModel, type SpmModel } from './model.js';
import { spmNormalizer } from './normalizer.js';
import { unigramSegmenter } from './unigram.js';

const FILE = 'spm.model';
/** What DeBERTa's split_by_punct splits at: ASCII symbols and Unicode punctuation. */
const PUNCTUATION = /([!-/:-@[-`{-~]|\p{P})/u;

/** SentencePiece itself, with byte fallback, as the slow tokenizer of transformers runs it. */
export interface ExactTokenizer {
  /** Ids of [CLS] text [SEP]. */
  encode(text: string): number[];
}

/**
 * The exact mode for a folder with an spm.model. The served tokenizer differs from it where the character map or
 * byte fallback matter (see `slow` in the parity fixtures); this one is slower and knows neither pairs nor offsets.
 * `vocabSize` is the number of rows of the embedding table. Errors: `unsupported-tokenizer`, also for BPE models.
 */
export async function openExactTokenizer(dir: string, vocabSize: number): Promise<ExactTokenizer> {
  const present = await readdir(dir);
  const model = readSpmModel(await readLimited(join(dir, FILE)), FILE);
  if (model.modelType !== MODEL_TYPE.unigram)
    refuse(FILE, 'is not a unigram model, the only one with an exact mode');
  const { json, special } = await resolveTokenizer(dir, vocabSize);
  const tokens = (JSON.parse(json) as { added_tokens: (Json & AddedToken & { id: number })[] }).added_tokens;
  const settings = await readSettings(dir, present, present.includes('tokenizer.json') ? tokens : []);
  // User-defined pieces are the model's own business here, unless the settings name them too.
  const named = [...settings.listed, ...settings.moreSpecial, ...settings.roles.values()];
  const texts = new Set(named.map((token) => token && textOf(token)));
  const added = tokens.filter(({ content }) => texts.has(content));
  const addedIds = new Map(added.map(({ content, id }) => [content, id]));
  const split = addedTokenSplitter(added, settings.doLowerCase);
  const segment = spmSegmenter(model);
  const pieceId = pieceIds(model);
  const encode = (part: string): number[] => {
    const id = addedIds.get(part);
    if (id !== undefined) return [id];
    const chunks = settings.splitByPunct ? part.split(PUNCTUATION) : [part];
    return chunks.flatMap(segment).map((piece) => addedIds.get(piece) ?? pieceId(piece));
  };
  return { encode: (text) => [special.cls, ...split(text).flatMap(encode), special.sep] };
}

/** The pieces of a text. Unknown characters that stand together are one piece, or their bytes. */
function spmSegmenter(model: SpmModel): (text: string) => string[] {
  const normalize = spmNormalizer(model);
  const segment = unigramSegmenter(model);
  return (text) =>
    segment(normalize(text)).flatMap(({ text: piece, isUnknown }) =>
      isUnknown && model.byteFallback ? bytePieces(piece) : [piece],
    );
}

function bytePieces(text: string): string[] {
  return Array.from(
    Buffer.from(text, 'utf8'),
    (byte) => `<0x${byte.toString(16).toUpperCase().padStart(2, '0')}>`,
  );
}

/** Id of a piece, that of the unknown one if there is none. */
function pieceIds({ pieces }: SpmModel): (piece: string) => number {
  const ids = new Map(pieces.map(({ text }, id) => [text, id]));
  const unknown = pieces.findIndex(({ type }) => type === PIECE_TYPE.unknown);
  return (piece) => ids.get(piece) ?? unknown;
}
