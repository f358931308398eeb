import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { DETECTION_BYTES, detectFormat } from './detect.js';

const FIXTURES = new URL('../__fixtures__/', import.meta.url);

describe('the format of a file', () => {
  it.each([
    ['heddle.jsonl', 'jsonl'],
    ['squad-v1.json', 'squad'],
    ['squad-v2.json', 'squad'],
    ['conll2003.txt', 'conll'],
    ['wnut.conll', 'conll'],
    ['bilou.bio', 'conll'],
    ['glue/cola.tsv', 'glue-cola'],
    ['glue/sst2.tsv', 'glue-sst2'],
    ['glue/mrpc.tsv', 'glue-mrpc'],
    ['glue/qqp.tsv', 'glue-qqp'],
    ['glue/stsb.tsv', 'glue-stsb'],
    ['glue/mnli.tsv', 'glue-mnli'],
    ['glue/qnli.tsv', 'glue-qnli'],
    ['glue/rte.tsv', 'glue-rte'],
    ['glue/wnli.tsv', 'glue-wnli'],
    ['superglue/boolq.jsonl', 'superglue-boolq'],
    ['superglue/cb.jsonl', 'superglue-cb'],
    ['superglue/copa.jsonl', 'superglue-copa'],
    ['superglue/multirc.jsonl', 'superglue-multirc'],
    ['superglue/record.jsonl', 'superglue-record'],
    ['superglue/rte.jsonl', 'superglue-rte'],
    ['superglue/wic.jsonl', 'superglue-wic'],
    ['superglue/wsc.jsonl', 'superglue-wsc'],
    ['race-high.jsonl', 'race'],
    ['race-middle1.txt', 'race'],
    ['multinli.jsonl', 'nli'],
    ['snli.jsonl', 'nli'],
    ['beir/corpus.jsonl', 'beir'],
    ['beir/queries.jsonl', 'beir'],
    ['beir/qrels/test.tsv', 'beir'],
    ['beir/candidates.tsv', 'beir'],
    ['beir/bm25.trec', 'beir'],
    ['reviews.csv', 'csv'],
    ['reviews.tsv', 'csv'],
    ['nested.parquet', 'parquet'],
  ])('%s is %s, by its first bytes', async (name, format) => {
    const bytes = await readFile(new URL(name, FIXTURES));
    expect(detectFormat(bytes.subarray(0, DETECTION_BYTES), name)).toBe(format);
  });

  it('is told by what is whole of the first bytes', () => {
    const text = `{"input":"😀","expected":"a"}\n{"input":"${'😀'.repeat(20)}`;
    const bytes = Buffer.from(text);
    for (let cut = 0; cut < 8; cut++)
      expect(detectFormat(bytes.subarray(0, bytes.length - cut), 'd')).toBe('jsonl');
  });

  it.each(['{"input":"', '{ "expected" : "a", "input":"'])(
    'is told by the beginning of a long line: %s',
    (text) => {
      expect(detectFormat(Buffer.from(text + 'x'.repeat(DETECTION_BYTES)), 'd')).toBe('jsonl');
    },
  );

  it.each<[string, string | Buffer, string]>([
    ['d.gz', Buffer.from([0x1f, 0x8b, 8, 0]), 'is compressed with gzip; give it unpacked'],
    ['d.zip', 'PK\x03\x04aaaa', 'is a zip archive; give the files in it'],
    ['d.csv', Buffer.from('\ufeffa,b', 'utf16le'), 'is UTF-16; give it as UTF-8'],
    ['d.csv', Buffer.from('caf\xe9,latin1 text that goes on', 'latin1'), 'is not UTF-8 text'],
    ['d.bin', Buffer.from([0, 1, 2, 3, 4]), 'is not UTF-8 text'],
    ['d.jsonl', ' \n\n', 'is empty'],
    [
      'd.jsonl',
      '{"text":"a","label":1}\n',
      'has lines with the members text, label, which need format jsonl and a mapping',
    ],
    ['d.json', '[{"input":"a","expected":"b"}]', 'is a JSON list; a dataset has one object a line'],
    ['d.json', '{\n "x": 1\n}', 'begins with JSON that is neither an object on one line nor SQuAD'],
    ['d.txt', 'Once upon a time\nthere was a loom.\n', 'is text without columns'],
  ])('%s cannot be told: %j', (name, content, saw) => {
    // What naming a format would not help.
    const isNamed = /^(has|is text|is a JSON|begins)/.test(saw);
    expect(() => detectFormat(Buffer.from(content), name)).toThrowError(
      expect.objectContaining({
        code: 'validation',
        message: expect.stringContaining(
          `The format of ${name} cannot be told: it ${saw}.${isNamed ? ' Name one of beir, conll' : ''}`,
        ),
      }),
    );
  });
});
