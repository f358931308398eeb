import { join } from 'node:path';
import { isObject, type Json, parseObject, readLimited } from '../json.js';
import { refuse } from '../refuse.js';
import type { TokenizerSettings } from '../settings.js';
import { byteLevelTokenizer } from './byte-level.js';
import type { Converted } from './tokenizer-json.js';

const VOCAB_FILE = 'vocab.json';
const MERGES_FILE = 'merges.txt';

/** The tokenizer of vocab.json (piece → id) and merges.txt. Errors: `unsupported-tokenizer`. */
export async function vocabMergesTokenizer(dir: string, settings: TokenizerSettings): Promise<Converted> {
  const vocab = readVocab(
    parseObject((await readLimited(join(dir, VOCAB_FILE))).toString('utf8'), VOCAB_FILE),
  );
  const merges = readMerges((await readLimited(join(dir, MERGES_FILE))).toString('utf8'), vocab);
  return byteLevelTokenizer({ vocab, merges }, settings);
}

function readVocab(json: Json): Map<string, number> {
  if (!isObject(json)) refuse(VOCAB_FILE, 'is not an object');
  const vocab = new Map<string, number>();
  for (const [piece, id] of Object.entries(json)) {
    if (!Number.isSafeInteger(id)) refuse(VOCAB_FILE, `${JSON.stringify(piece)} has no id`);
    vocab.set(piece, id as number);
  }
  return vocab;
}

/**
 * Two pieces a line, the most frequent pair first. The first line is a version, and what follows the last line break
 * is not read, as in transformers.
 */
function readMerges(text: string, vocab: Map<string, number>): [string, string][] {
  const merges = new Map<string, [string, string]>();
  for (const line of text.split('\n').slice(1, -1)) {
    const pair = line.split(/\s+/).filter((part) => part !== '');
    const [left = '', right = ''] = pair;
    if (pair.length !== 2) refuse(MERGES_FILE, `the line ${JSON.stringify(line.slice(0, 80))} is not a pair`);
    for (const piece of [left, right, left + right])
      if (!vocab.has(piece))
        refuse(MERGES_FILE, `${JSON.stringify(piece.slice(0, 80))} is not in ${VOCAB_FILE}`);
    merges.set(`${left} ${right}`, [left, right]);
  }
  return [...merges.values()];
}
