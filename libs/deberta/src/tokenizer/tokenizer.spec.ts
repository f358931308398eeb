import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { Tokenizer as Tokenizers } from 'tokenizers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { cutIntoPieces, PIECE_UNITS } from './pieces.js';
import { type EncodeOptions, openTokenizer, type Tokenizer, verifyTokenizer } from './tokenizer.js';

const fixture = (name: string) => fileURLToPath(new URL(`./__fixtures__/${name}`, import.meta.url));
const read = async <T>(name: string) => JSON.parse(await readFile(fixture(name), 'utf8')) as T;
/** Rows of the fixture's embedding table: 720 pieces and [MASK]. */
const VOCAB_SIZE = 721;
const plain: EncodeOptions = { maxTokens: 512, truncate: false, truncationSide: 'right' };

let tokenizer: Tokenizer;
beforeAll(async () => {
  tokenizer = await openTokenizer(fixture('tokenizer.json'));
});

describe('encode', () => {
  it('equals the reference on every text: ids, special tokens, offsets in code points', async () => {
    interface Row {
      id: string;
      text: string;
      ids: number[];
      special: number[];
      offsets: [number, number][];
    }
    const rows = await read<Row[]>('texts.json');
    expect(rows.length).toBeGreaterThan(100);
    for (const row of rows) {
      const encoding = await tokenizer.encode({ text: row.text }, { ...plain, offsets: true });
      expect([...encoding.ids], row.id).toEqual(row.ids);
      expect([...encoding.special], row.id).toEqual(row.special);
      expect([...encoding.offsets!], row.id).toEqual(row.offsets.flat());
    }
  });

  it('cuts as the reference does: both strategies, both sides', async () => {
    interface Row {
      text: string;
      pair: string | null;
      max: number;
      side: 'left' | 'right';
      strategy: 'longest-first' | 'only-first';
      ids: number[];
    }
    const rows = await read<Row[]>('truncation.json');
    expect(rows.length).toBeGreaterThan(150);
    for (const { text, pair, max, side, strategy, ids } of rows) {
      const options = { maxTokens: max, truncate: true, truncationSide: side, strategy };
      const encoding = await tokenizer.encode({ text, pair: pair ?? undefined }, options);
      expect([...encoding.ids], `${text} | ${pair} ${max} ${side} ${strategy}`).toEqual(ids);
    }
  });

  it('says how long a text is that does not fit', async () => {
    const text = 'the library '.repeat(300);
    await expect(tokenizer.encode({ text }, plain)).rejects.toMatchObject({
      code: 'input-too-long',
      extra: { max: 512, actual: 1502 },
    });
    const cut = await tokenizer.encode({ text }, { ...plain, truncate: true });
    expect(cut).toMatchObject({ length: 512, truncated: 990 });
  });

  // Retried: a busy machine takes the processor away for longer, but a loop that is blocked is blocked every time.
  it('never blocks the event loop, also not on texts of 200,000 characters', {
    timeout: 120_000,
    retry: 3,
  }, async () => {
    const text = 'lorem ipsum dolor '.repeat(11_111);
    const options: EncodeOptions = { ...plain, truncate: true, offsets: true };
    await tokenizer.encode({ text }, options);
    // A busy machine holds the loop up now and then, the tokenizer would do so every time.
    const delays: number[] = [];
    do {
      const delay = monitorEventLoopDelay({ resolution: 1 });
      delay.enable();
      await Promise.all(Array.from({ length: 10 }, () => tokenizer.encode({ text }, options)));
      delay.disable();
      delays.push(delay.max / 1e6);
    } while (Math.min(...delays) > 50 && delays.length < 20);
    expect(Math.min(...delays)).toBeLessThan(50);
  });
});

describe('long texts', () => {
  const options: EncodeOptions = { ...plain, maxTokens: 1_000_000, offsets: true };
  const words = [
    'library',
    'café',
    'Maria,',
    '今天',
    '😀',
    'a',
    'closed.',
    '[MASK]',
    '  ',
    '\n',
    '\u200b',
    'ﬁ',
    '(No',
  ];

  it('are tokenised in pieces to the same tokens as whole', async () => {
    const native = Tokenizers.fromFile(fixture('tokenizer.json'));
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.constantFrom(...words), { minLength: 3000, maxLength: 9000 }),
        async (list) => {
          const text = list.join(' ');
          expect(cutIntoPieces(text).length).toBeGreaterThan(text.length > 2 * PIECE_UNITS ? 1 : 0);
          const whole = await native.encode(text);
          const encoding = await tokenizer.encode({ text }, options);
          expect([...encoding.ids]).toEqual(whole.getIds());
          expect([...encoding.offsets!]).toEqual(whole.getOffsets().flat());
        },
      ),
      { numRuns: 10, endOnFailure: true },
    );
  });

  it('are cut only between words, and put together again', () => {
    const text = 'one two 今天 😀 three four, five '.repeat(3000);
    const pieces = cutIntoPieces(text);
    expect(pieces.length).toBeGreaterThan(3);
    expect(pieces.map((piece) => piece.text).join('')).toBe(text);
    for (const piece of pieces.slice(1)) {
      expect(piece.text[0]).toBe(' ');
      expect(
        Array.from(text)
          .slice(piece.start, piece.start + 4)
          .join(''),
      ).toBe(piece.text.slice(0, 4));
    }
    expect(cutIntoPieces('x'.repeat(100_000))).toHaveLength(1);
  });
});

describe('a tokenizer.json from outside', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'heddle-tokenizer-'));
  });
  afterAll(() => rm(folder, { recursive: true }));

  type Json = { [key: string]: Json } & Json[];
  const changed = async (change: (json: Json) => void): Promise<string> => {
    const json = await read<Json>('tokenizer.json');
    change(json);
    const path = join(folder, 'tokenizer.json');
    await writeFile(path, JSON.stringify(json));
    return path;
  };

  it('is accepted when honest', async () => {
    await verifyTokenizer(fixture('tokenizer.json'), VOCAB_SIZE);
  });

  const evil = (value: unknown) => value as never;
  const charsmapOf = (json: Json): Record<string, unknown> =>
    json.normalizer!.normalizers!.find((one) => evil(one.type) === 'Precompiled')!;
  it.each<[string, (json: Json) => void, RegExp]>([
    [
      'ids beyond the embeddings',
      (json) => json.model!.vocab!.push(evil(['new', 0]), evil(['newer', 0])),
      /outside the model's 721/,
    ],
    [
      'a piece twice',
      (json) => json.model!.vocab!.splice(9, 1, evil(json.model!.vocab![10])),
      /is there twice/,
    ],
    [
      'a piece that is no string',
      (json) => json.model!.vocab!.splice(9, 1, evil([7, 0])),
      /not a short string/,
    ],
    [
      'an endless piece',
      (json) => json.model!.vocab!.splice(9, 1, evil(['x'.repeat(2000), 0])),
      /not a short string/,
    ],
    [
      'a regular expression that blows up',
      (json) =>
        json.normalizer!.normalizers!.push(
          evil({ type: 'Replace', pattern: { Regex: '(a+)+$' }, content: '' }),
        ),
      /regular expression/,
    ],
    [
      'an unknown normaliser',
      (json) => Object.assign(json.normalizer!, { type: 'Python' }),
      /"Python" is not supported/,
    ],
    [
      'a charsmap that is empty',
      (json) => Object.assign(charsmapOf(json), { precompiled_charsmap: '' }),
      /is empty/,
    ],
    [
      'a charsmap that is not base64',
      (json) => {
        const component = charsmapOf(json);
        component.precompiled_charsmap = String(component.precompiled_charsmap).replace('A', '\u00ef');
      },
      /not base64/,
    ],
    [
      'a normaliser that puts nothing in front of texts',
      (json) => json.normalizer!.normalizers!.push(evil({ type: 'Prepend', prepend: '' })),
      /puts nothing in front/,
    ],
    [
      'an added token whose blank another one takes',
      (json) => Object.assign(json.added_tokens!.at(-1)!, { content: ' m', rstrip: true, normalized: false }),
      /begins with a blank where another takes blanks/,
    ],
    [
      'an added token whose blank comes of normalisation',
      (json) => {
        Object.assign(json.added_tokens!.at(-1)!, { content: '▁q0z', rstrip: true, normalized: true });
        Object.assign(json.normalizer!, { type: 'Nmt' });
      },
      /begins with a blank where another takes blanks/,
    ],
    ['an unknown model', (json) => Object.assign(json.model!, { type: 'WordLevel' }), /model must be one of/],
    ['no model', (json) => Reflect.deleteProperty(json, 'model'), /model must be one of/],
    ['an added token with two ids', (json) => Object.assign(json.added_tokens![0]!, { id: 5 }), /two ids/],
    ['no template', (json) => Object.assign(json, { post_processor: null }), /post-processor/],
  ])('is refused with %s', async (_, change, message) => {
    const path = await changed(change);
    await expect(verifyTokenizer(path, VOCAB_SIZE)).rejects.toMatchObject({
      code: 'unsupported-tokenizer',
      message: expect.stringMatching(message),
    });
  });

  it.each([
    ['nothing', ''],
    ['no JSON', '{"version": '],
    ['a list', '[]'],
    [
      'a wrong charsmap',
      '{"model":{"type":"Unigram","vocab":[["a",0]],"unk_id":0},"normalizer":{"type":"Precompiled","precompiled_charsmap":"AAAA"}}',
    ],
  ])('is refused when it is %s', async (_, content) => {
    const path = join(folder, 'broken.json');
    await writeFile(path, content);
    await expect(verifyTokenizer(path, VOCAB_SIZE)).rejects.toMatchObject({ code: 'unsupported-tokenizer' });
  });

  it('may hold words that mean something to JavaScript', async () => {
    const path = await changed((json) => {
      json.model!.vocab!.splice(100, 2, evil(['__proto__', -5]), evil(['constructor', -5]));
    });
    await verifyTokenizer(path, VOCAB_SIZE);
    const odd = await openTokenizer(path);
    const { length } = await odd.encode({ text: '__proto__ constructor' }, plain);
    expect(length).toBeGreaterThan(2);
  });
});
