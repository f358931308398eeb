import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import type { CalibrationText } from '../src/agreement/calibration.js';

/** Public data sets whose licences forbid shipping them. */
const DATA = fileURLToPath(new URL('../../../../shared/data', import.meta.url));
export const HAS_DATA = existsSync(DATA);
/** Rows of the sets, as far as they are known by name here. */
interface Row {
  text?: string;
  premise?: string;
  hypothesis?: string;
  sentence1?: string;
  sentence2?: string;
  tokens?: string[];
}
interface Squad {
  data: { paragraphs: { context: string; qas: { question: string }[] }[] }[];
}

/** So many texts or pairs of texts of a set's file, spread over all of it. */
export async function publicTexts(file: string, count: number): Promise<CalibrationText[]> {
  const bytes = await readFile(`${DATA}/${file}`);
  const content = (file.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString('utf8');
  const all = file.startsWith('squad') ? questions(JSON.parse(content) as Squad) : rows(content);
  const step = Math.max(1, all.length / count);
  return Array.from({ length: Math.min(count, all.length) }, (_, i) => all[Math.floor(i * step)]!);
}

function rows(content: string): CalibrationText[] {
  const lines = content.split('\n').filter((line) => line !== '');
  return lines.map((line) => {
    const row = JSON.parse(line) as Row;
    const text = row.text ?? row.premise ?? row.sentence1 ?? row.tokens!.join(' ');
    const pair = row.hypothesis ?? row.sentence2;
    return pair === undefined ? { text } : { text, pair };
  });
}

function questions({ data }: Squad): CalibrationText[] {
  return data.flatMap(({ paragraphs }) =>
    paragraphs.flatMap(({ context, qas }) => qas.map(({ question }) => ({ text: question, pair: context }))),
  );
}
