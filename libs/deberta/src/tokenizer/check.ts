import { charsmapError } from './charsmap.js';
import { checkModel } from './check-model.js';
import { checkPostProcessor } from './check-template.js';
import { componentsOf, isObject, type Json } from './json.js';
import { refuse } from './refuse.js';

/** Settings of a component are a few dozen values, and sequences are one level deep. */
const MAX_VALUES = 500;
const MAX_DEPTH = 8;
/** Names and patterns of components; a special token in a template is one of them. */
const MAX_SETTING_CHARS = 200;

interface ComponentKind {
  place: string;
  /** The member of a Sequence that lists its components. */
  members: string;
  allowed: Set<string>;
}

/** Components that take no regular expression, so that no text can make them run for minutes. */
const KINDS: ComponentKind[] = [
  {
    place: 'normalizer',
    members: 'normalizers',
    allowed: new Set([
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
    ]),
  },
  {
    place: 'pre_tokenizer',
    members: 'pretokenizers',
    allowed: new Set(['Sequence', 'Metaspace', 'Punctuation', 'ByteLevel', 'WhitespaceSplit', 'Digits']),
  },
  {
    place: 'post_processor',
    members: 'processors',
    allowed: new Set(['TemplateProcessing', 'Sequence', 'ByteLevel', 'BertProcessing', 'RobertaProcessing']),
  },
  // Not Strip: it ends the process on a token that consists of nothing but what it strips.
  {
    place: 'decoder',
    members: 'decoders',
    allowed: new Set(['Sequence', 'Metaspace', 'ByteLevel', 'Replace', 'ByteFallback', 'Fuse']),
  },
];
/** The patterns that converted DeBERTa tokenizers carry (transformers 4 and 5); they are linear. */
const SAFE_PATTERNS = new Set([' {2,}', '\\s{2,}|[\\n\\r\\t]']);

/**
 * Refuses a tokenizer.json that could harm or that does not belong to an embedding table of `vocabSize` rows:
 * unknown components, regular expressions, duplicate pieces, ids out of range. `file` is what it was made of.
 * Errors: `unsupported-tokenizer`.
 */
export function checkTokenizerJson(json: Json, vocabSize: number, file = 'tokenizer.json'): void {
  for (const kind of KINDS) {
    const component = json[kind.place];
    if (component === null || component === undefined) continue;
    checkSize(component, kind.place, file);
    checkComponent(component, kind.place, kind, file);
    const maps = componentsOf(component, kind.members).filter(({ type }) => type === 'Precompiled');
    if (maps.length > 1) refuse(file, `${kind.place} has more than one charsmap`);
  }
  for (const place of ['truncation', 'padding']) checkSize(json[place], place, file);
  checkPostProcessor(json.post_processor, vocabSize, file);
  checkModel(json, vocabSize, file);
}

/** Bounds depth and extent, so that everything after may recurse and repeat. */
function checkSize(component: unknown, place: string, file: string): void {
  let values = 0;
  const visit = (value: unknown, key: string, depth: number): void => {
    if (++values > MAX_VALUES || depth > MAX_DEPTH) refuse(file, `${place} is too large`);
    if (key === 'precompiled_charsmap') return;
    if (key.length > MAX_SETTING_CHARS || (typeof value === 'string' && value.length > MAX_SETTING_CHARS))
      refuse(file, `${place} holds a text of more than ${MAX_SETTING_CHARS} characters`);
    if (typeof value !== 'object' || value === null) return;
    for (const [name, member] of Object.entries(value)) visit(member, name, depth + 1);
  };
  visit(component, '', 0);
}

function checkComponent(component: unknown, place: string, kind: ComponentKind, file: string): void {
  if (!isObject(component)) refuse(file, `${place} is not an object`);
  const { type } = component;
  if (typeof type !== 'string' || !kind.allowed.has(type))
    refuse(
      file,
      `${place} ${JSON.stringify(type)} is not supported; supported: ${[...kind.allowed].join(', ')}`,
    );
  if (type === 'Replace') checkReplacement(component, place, file);
  if (type === 'Prepend') checkPrefix(component.prepend, place, file);
  if (type === 'Precompiled') checkCharsmap(component.precompiled_charsmap, file);
  if (type !== 'Sequence') return;
  const inner = component[kind.members];
  if (!Array.isArray(inner)) refuse(file, `${place} is a sequence of nothing`);
  for (const [i, member] of inner.entries()) checkComponent(member, `${place}[${i}]`, kind, file);
}

function checkReplacement({ pattern, content }: Json, place: string, file: string): void {
  const { Regex: regex, String: literal } = isObject(pattern) ? pattern : {};
  if (regex !== undefined && !SAFE_PATTERNS.has(regex as string))
    refuse(file, `${place} holds the regular expression ${JSON.stringify(regex)}, which is not supported`);
  if (regex === undefined && (typeof literal !== 'string' || literal === ''))
    refuse(file, `${place} replaces nothing`);
  checkLength(content, place, file);
}

/** The native tokenizer ends the process when nothing is put in front. */
function checkPrefix(prefix: unknown, place: string, file: string): void {
  checkLength(prefix, place, file);
  if (prefix === '') refuse(file, `${place} puts nothing in front`);
}

/** What is put in may not be longer than what it stands for, or a chain of components multiplies texts. */
function checkLength(content: unknown, place: string, file: string): void {
  if (typeof content !== 'string' || Array.from(content).length > 1)
    refuse(file, `${place} puts in ${JSON.stringify(content)}; at most one character is supported`);
}

function checkCharsmap(base64: unknown, file: string): void {
  if (typeof base64 !== 'string') refuse(file, 'the charsmap is not a string');
  const bytes = Buffer.from(base64, 'base64');
  // Node reads past what is no base64; the native tokenizer ends the process there, and at an empty map.
  if (bytes.toString('base64') !== base64) refuse(file, 'the charsmap is not base64');
  if (bytes.length === 0) refuse(file, 'the charsmap is empty');
  const reason = charsmapError(bytes);
  if (reason) refuse(file, `the charsmap ${reason}`);
}
