import { join } from 'node:path';
import { fromPublicId } from '@heddle/contracts';
import { openTokenizer } from '@heddle/deberta';
import { mixedSequences } from '../peers/mixed-lengths.mjs';

/** Words of news; how they follow each other does not matter to what is measured. */
const WORDS =
  `stocks fell sharply after the bank raised its rates while investors waited for figures of growth and prices the team
  won in the last minute of a match that nobody had expected to be close its captain scored twice scientists found water
  below the ice of a moon with an instrument on board of a probe parliament voted for the new law after a long debate about
  schools ministers met to talk about trade and borders a company presented a telephone with a better camera and software
  that writes letters`.split(/\s+/);
/** Longer texts are cut, on both sides. */
const MAX_TOKENS = 512;

/** `count` texts of log-normal lengths, no two alike, and the ids that the tokenizer makes of each. */
export async function bulkTexts(tokenizerFile, count) {
  const tokenizer = await openTokenizer(tokenizerFile);
  const texts = [];
  for (const [index, sequence] of mixedSequences(count, WORDS.length).entries()) {
    const text = `${index} ${sequence.map((word) => WORDS[word]).join(' ')}`;
    const options = { maxTokens: MAX_TOKENS, truncate: true, truncationSide: 'right' };
    texts.push({ text, ids: Array.from((await tokenizer.encode({ text }, options)).ids) });
  }
  return texts;
}

/** What the worker has laid out of a version. */
export function versionFiles(heddle, version) {
  const folder = join(heddle.dataDir, 'cache', fromPublicId('version', version));
  return { graph: join(folder, 'model.onnx'), tokenizer: join(folder, 'tokenizer.json') };
}
