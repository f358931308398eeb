import type { Encoding as NativeEncoding, Tokenizer as NativeTokenizer } from 'tokenizers';
import { refuse } from './refuse.js';

/** DeBERTa's template has three special tokens; no known one has more than four. */
const MAX_SPECIAL_TOKENS = 16;
/** Segments are stored in bytes; templates know 0 and 1. */
const MAX_TYPE_ID = 255;

/** Special tokens that stand together. */
export interface SpecialRun {
  ids: number[];
  typeIds: number[];
}

/** What surrounds one text or two: a run before each text and one after the last. */
export interface Layout {
  runs: SpecialRun[];
  /** Segment of each text. */
  typeIds: number[];
  /** Special tokens in all runs. */
  specials: number;
}

/** Layouts by whether special tokens are wanted and by the number of texts less one. */
export interface Template {
  full: [Layout, Layout];
  bare: [Layout, Layout];
}

/**
 * Read from the tokenizer's own post-processor, by letting it join two texts that can be told apart.
 * Errors: `unsupported-tokenizer`.
 */
export async function templateOf(native: NativeTokenizer): Promise<Template> {
  const encode = (text: string) => native.encode(text, null, { addSpecialTokens: false });
  const [first, second] = [await encode('a'), await encode('b b')];
  const single = layoutOf(native.postProcess(first, null, true), [first]);
  const pair = layoutOf(native.postProcess(first, second, true), [first, second]);
  return { full: [single, pair], bare: [withoutSpecials(single), withoutSpecials(pair)] };
}

function layoutOf(processed: NativeEncoding, texts: NativeEncoding[]): Layout {
  const ids = processed.getIds();
  const typeIds = processed.getTypeIds();
  const special = processed.getSpecialTokensMask();
  const layout: Layout = { runs: [{ ids: [], typeIds: [] }], typeIds: [], specials: 0 };
  for (let i = 0; i < ids.length; ) {
    if (special[i]) {
      layout.runs.at(-1)!.ids.push(ids[i]!);
      layout.runs.at(-1)!.typeIds.push(typeIds[i]!);
      layout.specials++;
      i++;
    } else {
      const text = texts[layout.typeIds.length]?.getIds() ?? [];
      if (text.length === 0 || text.some((id, k) => ids[i + k] !== id || special[i + k] !== 0))
        refuseTemplate();
      layout.typeIds.push(typeIds[i]!);
      layout.runs.push({ ids: [], typeIds: [] });
      i += text.length;
    }
  }
  const complete = layout.typeIds.length === texts.length && layout.runs.every((run) => run.ids.length > 0);
  if (!complete || layout.specials > MAX_SPECIAL_TOKENS || typeIds.some((type) => type > MAX_TYPE_ID)) {
    refuseTemplate();
  }
  return layout;
}

function withoutSpecials(layout: Layout): Layout {
  return { ...layout, runs: layout.runs.map(() => ({ ids: [], typeIds: [] })), specials: 0 };
}

function refuseTemplate(): never {
  refuse(
    'tokenizer.json',
    'the post-processor must give [CLS] A [SEP] B [SEP], or the same with other special tokens',
  );
}
