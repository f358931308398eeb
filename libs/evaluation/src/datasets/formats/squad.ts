import { turns } from '../../turns.js';
import type { DatasetFile, SourceExample } from '../example.js';
import type { ReadOptions } from '../options.js';
import { idOf, listOf, objectOf, textOf, withId, wrong } from '../reading/fields.js';
import { jsonFile } from '../reading/whole-file.js';
import type { FileReport } from '../report.js';

/** SQuAD 1.1 and 2.0: one JSON document. `line` counts the questions. Answers that are the same are one. */
export async function* readSquad(
  file: DatasetFile,
  report: FileReport,
  { signal }: ReadOptions = {},
): AsyncGenerator<SourceExample> {
  const giveWay = turns(signal);
  const document = await jsonFile(file, report);
  if (!document) return;
  let line = 0;
  const articles = report.try(null, () => listOf(objectOf(document.value), 'data'));
  for (const [a, article] of (articles ?? []).entries()) {
    const paragraphs = report.try(null, () =>
      listOf(objectOf(article, `/data/${a}`), 'paragraphs', `/data/${a}`),
    );
    await giveWay();
    for (const [p, paragraph] of (paragraphs ?? []).entries()) {
      const at = `/data/${a}/paragraphs/${p}`;
      await giveWay();
      const read = report.try(null, () => {
        const fields = objectOf(paragraph, at);
        return { context: textOf(fields, 'context', at), questions: listOf(fields, 'qas', at) };
      });
      for (const [q, question] of (read?.questions ?? []).entries()) {
        line++;
        await giveWay();
        const example = report.try(line, () => exampleOf(question, read!.context, `${at}/qas/${q}`));
        if (example) yield { ...example, line };
      }
    }
  }
}

function exampleOf(value: unknown, context: string, at: string): Omit<SourceExample, 'line'> {
  const fields = objectOf(value, at);
  const question = textOf(fields, 'question', at);
  const answers = fields.is_impossible === true ? [] : listOf(fields, 'answers', at);
  const texts = answers.map((answer, i) =>
    textOf(objectOf(answer, `${at}/answers/${i}`), 'text', `${at}/answers/${i}`),
  );
  if (texts.length === 0 && fields.is_impossible !== true)
    throw wrong(`${at}/answers`, 'is empty, and is_impossible is not true');
  return { input: withId(idOf(fields.id), { question, context }), expected: [...new Set(texts)] };
}
