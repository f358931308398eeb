import { charsmapError } from '../charsmap.js';
import { refuse } from '../refuse.js';
import { type WireField, wireFields } from './wire.js';

/** mDeBERTa's vocabulary, the largest of any DeBERTa, has 250,101 pieces. */
const MAX_PIECES = 500_000;
const BYTES = 256;

/** Kinds of pieces (sentencepiece_model.proto, SentencePiece.Type). */
export const PIECE_TYPE = { normal: 1, unknown: 2, control: 3, userDefined: 4, unused: 5, byte: 6 } as const;
const LAST_TYPE = PIECE_TYPE.byte;
/** TrainerSpec.ModelType. */
export const MODEL_TYPE = { unigram: 1, bpe: 2 } as const;

export interface SpmPiece {
  text: string;
  score: number;
  type: number;
}

/** What of a SentencePiece model decides how texts are tokenised. */
export interface SpmModel {
  pieces: SpmPiece[];
  modelType: number;
  treatWhitespaceAsSuffix: boolean;
  byteFallback: boolean;
  unkId: number;
  unkPiece: string;
  charsmap: Buffer;
  addDummyPrefix: boolean;
  removeExtraWhitespaces: boolean;
  escapeWhitespaces: boolean;
}

/**
 * Reads an spm.model and refuses what SentencePiece refuses: no or duplicate pieces, none or two unknown ones, byte
 * fallback without all bytes. Errors: `unsupported-tokenizer`, naming `file`.
 */
export function readSpmModel(bytes: Buffer, file: string): SpmModel {
  const fail = (reason: string): never => refuse(file, reason);
  // The defaults of sentencepiece_model.proto.
  const model: SpmModel = {
    pieces: [],
    modelType: MODEL_TYPE.unigram,
    treatWhitespaceAsSuffix: false,
    byteFallback: false,
    unkId: 0,
    unkPiece: '<unk>',
    charsmap: Buffer.alloc(0),
    addDummyPrefix: true,
    removeExtraWhitespaces: true,
    escapeWhitespaces: true,
  };
  for (const { number, bytes: message } of wireFields(bytes, fail)) {
    if (message === undefined) continue;
    if (number === 1) addPiece(model, message, fail);
    else if (number === 2)
      for (const field of wireFields(message, fail)) readTrainerField(model, field, fail);
    else if (number === 3) for (const field of wireFields(message, fail)) readNormalizerField(model, field);
  }
  checkPieces(model, fail);
  const reason = charsmapError(model.charsmap);
  if (reason) fail(`the charsmap ${reason}`);
  return model;
}

type Fail = (reason: string) => never;

function addPiece(model: SpmModel, message: Buffer, fail: Fail): void {
  if (model.pieces.length === MAX_PIECES) fail(`has more than ${MAX_PIECES} pieces`);
  const piece: SpmPiece = { text: '', score: 0, type: PIECE_TYPE.normal };
  for (const { number, bytes, float, int } of wireFields(message, fail)) {
    if (number === 1 && bytes !== undefined) piece.text = utf8(bytes, fail);
    else if (number === 2 && float !== undefined) piece.score = float;
    else if (number === 3 && int !== undefined) piece.type = int;
  }
  if (piece.text === '') fail('has an empty piece');
  if (!Number.isFinite(piece.score)) fail(`the score of ${JSON.stringify(piece.text)} is not a number`);
  if (piece.type < PIECE_TYPE.normal || piece.type > LAST_TYPE) fail(`has a piece of the type ${piece.type}`);
  model.pieces.push(piece);
}

function readTrainerField(model: SpmModel, { number, int, bytes }: WireField, fail: Fail): void {
  if (number === 3 && int !== undefined) model.modelType = int;
  else if (number === 24 && int !== undefined) model.treatWhitespaceAsSuffix = int !== 0;
  else if (number === 35 && int !== undefined) model.byteFallback = int !== 0;
  else if (number === 40 && int !== undefined) model.unkId = int;
  else if (number === 45 && bytes !== undefined) model.unkPiece = utf8(bytes, fail);
}

function readNormalizerField(model: SpmModel, { number, int, bytes }: WireField): void {
  if (number === 2 && bytes !== undefined) model.charsmap = bytes;
  else if (number === 3 && int !== undefined) model.addDummyPrefix = int !== 0;
  else if (number === 4 && int !== undefined) model.removeExtraWhitespaces = int !== 0;
  else if (number === 5 && int !== undefined) model.escapeWhitespaces = int !== 0;
}

function checkPieces({ pieces, byteFallback }: SpmModel, fail: Fail): void {
  if (pieces.length === 0) fail('has no pieces');
  const texts = new Set<string>();
  for (const { text } of pieces) {
    if (texts.has(text)) fail(`the piece ${JSON.stringify(text)} is there twice`);
    texts.add(text);
  }
  const unknown = pieces.filter(({ type }) => type === PIECE_TYPE.unknown).length;
  if (unknown !== 1) fail(`has ${unknown} unknown pieces; it must have one`);
  const bytes = pieces.filter(({ type }) => type === PIECE_TYPE.byte);
  if (bytes.length > 0 && !byteFallback) fail('has byte pieces without byte fallback');
  if (byteFallback && (bytes.length !== BYTES || bytes.some(({ text }) => !BYTE_PIECE.test(text))))
    fail(`has byte fallback without the pieces of all ${BYTES} bytes`);
}

const BYTE_PIECE = /^<0x[0-9A-F]{2}>$/;

function utf8(bytes: Buffer, fail: Fail): string {
  const text = bytes.toString('utf8');
  return Buffer.from(text, 'utf8').equals(bytes) ? text : fail('holds text that is not UTF-8');
}
