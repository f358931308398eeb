import type { Random } from '@heddle/testing';

type Json = Record<string, unknown>;

/** What components are set to: words that they know, and texts that normalisation changes or removes. */
const SETTINGS: Record<string, unknown[]> = {
  strip_left: [true, false],
  strip_right: [true, false],
  left: [true, false],
  right: [true, false],
  prepend: ['▁', '', 'a', ' ', '\u0301'],
  content: ['', ' ', 'a', '▁', '\u0301'],
  pattern: [{ String: ' ' }, { String: 'a' }, { String: '▁' }, { String: '\u0301' }, { Regex: ' {2,}' }],
  replacement: ['▁', ' ', 'a', '\u0301', '😀'],
  prepend_scheme: ['always', 'never', 'first'],
  split: [true, false],
  behavior: ['Removed', 'Isolated', 'MergedWithPrevious', 'MergedWithNext', 'Contiguous'],
  individual_digits: [true, false],
  add_prefix_space: [true, false],
  trim_offsets: [true, false],
  use_regex: [true, false],
};
const COMPONENTS: Record<string, Record<string, string[]>> = {
  normalizer: {
    Strip: ['strip_left', 'strip_right'],
    Prepend: ['prepend'],
    Replace: ['pattern', 'content'],
    ...Object.fromEntries(
      ['Lowercase', 'NFC', 'NFD', 'NFKC', 'NFKD', 'Nmt', 'StripAccents'].map((type) => [type, []]),
    ),
  },
  pre_tokenizer: {
    Metaspace: ['replacement', 'prepend_scheme', 'split'],
    Punctuation: ['behavior'],
    ByteLevel: ['add_prefix_space', 'trim_offsets', 'use_regex'],
    WhitespaceSplit: [],
    Digits: ['individual_digits'],
  },
  decoder: {
    Metaspace: ['replacement', 'prepend_scheme', 'split'],
    ByteLevel: ['add_prefix_space', 'trim_offsets', 'use_regex'],
    Replace: ['pattern', 'content'],
    ByteFallback: [],
    Fuse: [],
  },
};
const MEMBERS: Record<string, string> = {
  normalizer: 'normalizers',
  pre_tokenizer: 'pretokenizers',
  decoder: 'decoders',
};
const CONTENTS = [
  'a',
  ' ',
  '▁',
  'A',
  'é',
  '\u0301',
  '\u00ad',
  '😀',
  'ab',
  ' a ',
  '<x>',
  '[MASK]',
  '\ufdfa',
  '\n',
  'ﬁ',
  '.',
  '0',
];
const FLAGS = ['single_word', 'lstrip', 'rstrip', 'normalized', 'special'];

/** A good tokenizer.json with other components, other added tokens and other switches of its model. */
export function composeJson(text: string, random: Random): Buffer {
  const json = JSON.parse(text) as Json & { added_tokens: Json[]; model: Json };
  for (const place of Object.keys(COMPONENTS)) if (random.chance(2)) json[place] = compose(place, random);
  const model = json.model;
  const pieces = Object.keys(model.vocab as object).length;
  const added = new Map(json.added_tokens.map((token) => [token.content, token]));
  for (let more = random.below(5); more > 0; more--) {
    const content = random.pick(CONTENTS) + (random.chance(3) ? random.pick(CONTENTS) : '');
    const highest = Math.max(pieces - 1, ...[...added.values()].map(({ id }) => id as number));
    const flags = Object.fromEntries(FLAGS.map((flag) => [flag, random.chance(2)]));
    added.set(content, { id: added.get(content)?.id ?? highest + 1, content, ...flags });
  }
  json.added_tokens = [...added.values()];
  for (const flag of ['byte_fallback', 'fuse_unk', 'ignore_merges'])
    if (random.chance(4)) model[flag] = random.chance(2);
  if (Array.isArray(model.merges) && random.chance(4))
    model.merges = model.merges.map((pair: unknown) =>
      random.chance(20) ? random.pick(model.merges as unknown[]) : pair,
    );
  return Buffer.from(JSON.stringify(json));
}

function compose(place: string, random: Random): Json | null {
  if (random.chance(8)) return null;
  const kinds = COMPONENTS[place]!;
  const one = (): Json => {
    const type = random.pick(Object.keys(kinds));
    return { type, ...Object.fromEntries(kinds[type]!.map((name) => [name, random.pick(SETTINGS[name]!)])) };
  };
  if (random.chance(3)) return one();
  return { type: 'Sequence', [MEMBERS[place]!]: Array.from({ length: random.below(4) }, one) };
}
