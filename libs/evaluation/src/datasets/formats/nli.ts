import type { DatasetFile, SourceExample } from '../example.js';
import { idOf, labelOf, objectOf, textOf, withId } from '../reading/fields.js';
import { jsonLines } from '../reading/file-lines.js';
import type { FileReport } from '../report.js';
import { genreSlice } from './genres.js';

const LABELS = { entailment: 'entailment', neutral: 'neutral', contradiction: 'contradiction' };
/** Its annotators did not agree; the authors leave such pairs out. */
const NO_GOLD_LABEL = '-';

/** MultiNLI and SNLI JSONL. Pairs without a gold label are skipped. */
export async function* readNli(file: DatasetFile, report: FileReport): AsyncGenerator<SourceExample> {
  for await (const { number, value } of jsonLines(file, report)) {
    const example = report.try(number, (): SourceExample | 'skip' => {
      const line = objectOf(value);
      if (line.gold_label === NO_GOLD_LABEL) return 'skip';
      const pair = { text: textOf(line, 'sentence1'), text_pair: textOf(line, 'sentence2') };
      const expected = labelOf(line.gold_label, LABELS, '/gold_label');
      return { input: withId(idOf(line.pairID), pair), expected, ...genreSlice(line.genre), line: number };
    });
    if (example === 'skip') report.skip();
    else if (example) yield example;
  }
}
