import { mapsAscii } from './charsmap.js';
import { componentsOf, isObject, type Json } from './json.js';
import type { TextRules } from './text-tokens.js';

/** Normalisers that look at one character, or at characters that no cut separates. */
const LOCAL_NORMALIZERS = new Set([
  'Strip',
  'Lowercase',
  'NFC',
  'NFD',
  'NFKC',
  'NFKD',
  'Nmt',
  'StripAccents',
]);
/** Patterns over blanks alone, which may stand for one blank: a cut is made only at a single blank. */
const BLANK_PATTERNS = new Set([' {2,}', '\\s{2,}|[\\n\\r\\t]']);
/** Contents that neither contain nor border on the blank of a cut. */
const INERT_TOKEN = /^[!-~]+$/;
const BEGINS_LIKE_A_WORD = /^[A-Za-z0-9]/;
const ENDS_LIKE_A_CUT = /[A-Za-z0-9,.;:!?)]$/;

/**
 * What a checked tokenizer.json means for texts. It lets them be tokenised in pieces when every part of it is known
 * to give the tokens before and after a cut (see pieces.ts) independently of one another.
 */
export function textRules(json: Json): TextRules {
  const normalizers = componentsOf(json.normalizer, 'normalizers');
  const preTokenizers = componentsOf(json.pre_tokenizer, 'pretokenizers');
  const postProcessors = componentsOf(json.post_processor, 'processors');
  const trimsOffsets = postProcessors.some(
    ({ type, trim_offsets }) =>
      (type === 'ByteLevel' || type === 'RobertaProcessing') && trim_offsets !== false,
  );
  const divisible =
    !trimsOffsets &&
    normalizers.every(keepsCuts) &&
    splitsAtBlanks(preTokenizers, normalizers.length > 0) &&
    (Array.isArray(json.added_tokens) ? json.added_tokens : []).every(isInert);
  return { divisible, trimsOffsets };
}

function keepsCuts({ type, pattern, content, precompiled_charsmap: charsmap }: Json): boolean {
  if (type === 'Replace')
    return isObject(pattern) && BLANK_PATTERNS.has(pattern.Regex as string) && content === ' ';
  if (type === 'Precompiled')
    return typeof charsmap === 'string' && !mapsAscii(Buffer.from(charsmap, 'base64'));
  return LOCAL_NORMALIZERS.has(type as string);
}

/**
 * Whether a word begins a piece of its own, and does so also where its blank has been stripped. ByteLevel keeps the
 * blank in the token, so nothing may strip it.
 */
function splitsAtBlanks(preTokenizers: Json[], hasNormalizer: boolean): boolean {
  const last = preTokenizers.at(-1);
  if (last?.type === 'ByteLevel')
    return preTokenizers.length === 1 && !hasNormalizer && last.use_regex !== false;
  const scheme = last?.prepend_scheme ?? (last?.add_prefix_space === false ? 'never' : 'always');
  return (
    last?.type === 'Metaspace' &&
    scheme === 'always' &&
    last.split !== false &&
    preTokenizers.slice(0, -1).every(({ type }) => type === 'Punctuation')
  );
}

/** An added token that can neither reach over a cut nor swallow its blank. */
function isInert(token: unknown): boolean {
  if (!isObject(token) || typeof token.content !== 'string') return false;
  const { content, lstrip, rstrip } = token;
  return (
    INERT_TOKEN.test(content) &&
    !(lstrip && BEGINS_LIKE_A_WORD.test(content)) &&
    !(rstrip && ENDS_LIKE_A_CUT.test(content))
  );
}
