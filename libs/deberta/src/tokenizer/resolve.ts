import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { HeddleError } from '@heddle/contracts';
import { addTokens, pieceIdsOf } from './added-tokens.js';
import { checkTokenizerJson } from './check.js';
import { bpeEncoderTokenizer } from './convert/bpe-encoder.js';
import { sentencePieceTokenizer } from './convert/sentencepiece.js';
import { type Converted, withTemplate } from './convert/tokenizer-json.js';
import { vocabMergesTokenizer } from './convert/vocab-merges.js';
import { isObject, type Json, parseObject, readLimited } from './json.js';
import { readSettings, SETTINGS_FILES, type TokenizerSettings, textOf } from './settings.js';
import { markRoles, type SpecialIds } from './special-ids.js';
import { createTokenizer } from './tokenizer.js';
import { tokensToAdd } from './tokens-to-add.js';
import type { TruncationSide } from './truncation.js';

const TOKENIZER_FILE = 'tokenizer.json';

/** What a checkpoint may hold its vocabulary in. The first that is there is meant, as in transformers 4. */
const SOURCES: {
  files: string[];
  convert?: (dir: string, settings: TokenizerSettings) => Promise<Converted>;
}[] = [
  { files: [TOKENIZER_FILE] },
  { files: ['spm.model'], convert: sentencePieceTokenizer },
  { files: ['vocab.json', 'merges.txt'], convert: vocabMergesTokenizer },
  { files: ['bpe_encoder.bin'], convert: bpeEncoderTokenizer },
];

/** A checkpoint's tokenizer, ready to be kept with a model version. */
export interface ResolvedTokenizer {
  /** The files that decide what the tokenizer does, in a fixed order. */
  files: string[];
  /** The tokenizer.json that stands for all of them. */
  json: string;
  /** The tokenizer's own limit in tokens; null when it names none. */
  modelMaxLength: number | null;
  truncationSide: TruncationSide;
  special: SpecialIds;
  /** Tokens, added ones included. */
  vocabSize: number;
}

/** Which files of a folder its tokenizer is made of, in a fixed order. Errors: `unsupported-tokenizer`. */
export function tokenizerFiles(present: string[]): string[] {
  return [...sourceOf(present).files, ...SETTINGS_FILES.filter((name) => present.includes(name))];
}

/**
 * Reads and checks the tokenizer of a checkpoint folder. `vocabSize` is the number of rows of its embedding table.
 * Errors: `unsupported-tokenizer` naming the file and what is wrong with it; `unsafe-pickle` for a bpe_encoder.bin
 * that would run code.
 */
export async function resolveTokenizer(dir: string, vocabSize: number): Promise<ResolvedTokenizer> {
  const present = await readdir(dir);
  const { files, convert } = sourceOf(present);
  const { text, settings } = convert
    ? await converted(dir, present, convert, vocabSize, files[0]!)
    : await completed(dir, present, vocabSize);
  const { special, vocabSize: tokens } = await createTokenizer(text, parseObject(text, files[0]!));
  const { modelMaxLength, truncationSide } = settings;
  return {
    files: tokenizerFiles(present),
    json: text,
    modelMaxLength,
    truncationSide,
    special,
    vocabSize: tokens,
  };
}

function sourceOf(present: string[]) {
  const source = SOURCES.find(({ files }) => files.every((name) => present.includes(name)));
  if (source) return source;
  const names = SOURCES.map(({ files }) => files.join(' with ')).join(', ');
  throw new HeddleError('unsupported-tokenizer', `The folder holds no tokenizer; supported: ${names}.`);
}

interface Resolved {
  text: string;
  settings: TokenizerSettings;
}

/** A tokenizer.json, with the tokens that the other files add to it. */
async function completed(dir: string, present: string[], vocabSize: number): Promise<Resolved> {
  const original = (await readLimited(join(dir, TOKENIZER_FILE))).toString('utf8');
  const json = parseObject(original, TOKENIZER_FILE);
  checkTokenizerJson(json, vocabSize);
  json.added_tokens ??= [];
  const settings = await readSettings(dir, present, json.added_tokens as Json[]);
  const added = addTokens(json, tokensToAdd(json.added_tokens as Json[], settings), pieceIdsOf(json));
  const changed = [added, setPrefixSpace(json, settings), markRoles(json, roleNames(settings))].includes(
    true,
  );
  if (changed) checkTokenizerJson(json, vocabSize);
  return { text: changed ? JSON.stringify(json) : original, settings };
}

/** A tokenizer.json made of other files, which `file` is the first of. */
async function converted(
  dir: string,
  present: string[],
  convert: (dir: string, settings: TokenizerSettings) => Promise<Converted>,
  vocabSize: number,
  file: string,
): Promise<Resolved> {
  const settings = await readSettings(dir, present, []);
  const { json, roles } = await convert(dir, settings);
  const tokens = tokensToAdd(json.added_tokens as Json[], { ...settings, roles });
  addTokens(json, tokens, pieceIdsOf(json));
  withTemplate(json, settings, file);
  markRoles(json, roleNames(settings));
  checkTokenizerJson(json, vocabSize, file);
  return { text: JSON.stringify(json), settings };
}

/** The configuration has the last word on the blank before a text, and its default is none. */
function setPrefixSpace(json: Json, { addPrefixSpace }: TokenizerSettings): boolean {
  const { pre_tokenizer: component } = json;
  if (!isObject(component) || component.type !== 'ByteLevel') return false;
  const changed = component.add_prefix_space !== addPrefixSpace;
  component.add_prefix_space = addPrefixSpace;
  return changed;
}

function roleNames({ roles }: TokenizerSettings) {
  const name = (role: 'pad_token' | 'unk_token' | 'mask_token') => {
    const token = roles.get(role);
    return token ? textOf(token) : null;
  };
  return { pad: name('pad_token'), unk: name('unk_token'), mask: name('mask_token') };
}
