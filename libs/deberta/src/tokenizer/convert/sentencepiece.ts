import { join } from 'node:path';
import { addedToken } from '../added-tokens.js';
import { type Json, readLimited } from '../json.js';
import { refuse } from '../refuse.js';
import { MODEL_TYPE, PIECE_TYPE, readSpmModel, type SpmModel } from '../sentencepiece/model.js';
import type { TokenizerSettings } from '../settings.js';
import { mergesOf } from './spm-merges.js';
import { type Converted, tokenizerJson } from './tokenizer-json.js';

const FILE = 'spm.model';

/** DeBERTa v2's and v3's tokenizer.json of an spm.model (transformers' DebertaV2Converter). */
export async function sentencePieceTokenizer(dir: string, settings: TokenizerSettings): Promise<Converted> {
  const model = readSpmModel(await readLimited(join(dir, FILE)), FILE);
  const metaspace = { type: 'Metaspace', replacement: '▁', prepend_scheme: 'always', split: true };
  const punctuation = { type: 'Punctuation', behavior: 'Isolated' };
  const json = tokenizerJson({
    addedTokens: addedPieces(model),
    normalizer: { type: 'Sequence', normalizers: normalizers(model, settings) },
    preTokenizer: {
      type: 'Sequence',
      pretokenizers: settings.splitByPunct ? [punctuation, metaspace] : [metaspace],
    },
    decoder: metaspace,
    model: modelJson(model),
  });
  return { json, roles: rolesOf(settings) };
}

function normalizers({ charsmap }: SpmModel, { doLowerCase }: TokenizerSettings): Json[] {
  const members: Json[] = [{ type: 'Strip', strip_left: true, strip_right: true }];
  if (doLowerCase) members.unshift({ type: 'Lowercase' });
  if (charsmap.length > 0)
    members.push({ type: 'Precompiled', precompiled_charsmap: charsmap.toString('base64') });
  members.push({ type: 'Replace', pattern: { Regex: ' {2,}' }, content: ' ' });
  return members;
}

/** Scores are float32 numbers, written out exactly. Byte fallback stays off, as transformers leaves it. */
function modelJson(model: SpmModel): Json {
  const { pieces, modelType, unkId, unkPiece } = model;
  if (modelType === MODEL_TYPE.unigram) {
    const vocab = pieces.map(({ text, score }) => [text, score]);
    return { type: 'Unigram', unk_id: unkId, vocab, byte_fallback: false };
  }
  if (modelType !== MODEL_TYPE.bpe)
    refuse(FILE, `is a model of the type ${modelType}; supported: unigram (1), BPE (2)`);
  return {
    type: 'BPE',
    dropout: null,
    unk_token: unkPiece,
    continuing_subword_prefix: null,
    end_of_word_suffix: null,
    fuse_unk: true,
    byte_fallback: false,
    ignore_merges: false,
    vocab: Object.fromEntries(pieces.map(({ text }, id) => [text, id])),
    merges: mergesOf(pieces, FILE),
  };
}

/** Control symbols are special, user-defined ones are not; both are looked for in the text as it is. */
function addedPieces({ pieces }: SpmModel): Json[] {
  return pieces.flatMap(({ text, type }, id) => {
    if (type !== PIECE_TYPE.control && type !== PIECE_TYPE.userDefined) return [];
    return [{ id, ...addedToken(text, { normalized: false, special: type === PIECE_TYPE.control }) }];
  });
}

/** The slow tokenizer looks for [UNK] after normalisation. */
function rolesOf({ roles }: TokenizerSettings): TokenizerSettings['roles'] {
  const unknown = roles.get('unk_token');
  return typeof unknown === 'string'
    ? new Map(roles).set('unk_token', addedToken(unknown, { normalized: true, special: true }))
    : roles;
}
