/**
 * Loads folders as an import does, one a message, and answers how that ended, and at which cost. A process of its own: native code that
 * ends or blocks it is a finding, not the end of the search.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { HeddleError } from '@heddle/contracts';
import { openCheckpointFolder } from '../dist/checkpoint-folder.js';
import { compileModel } from '../dist/compile.js';
import { resolveTokenizer } from '../dist/tokenizer/resolve.js';
import { createTokenizer } from '../dist/tokenizer/tokenizer.js';

const TEXTS = [
  '',
  'Angela Merkel spoke in Paris.',
  ' two  blanks\tand\nmore ',
  'a [MASK] b[SEP] [CLS]',
  '\u0000 \ud83d\ude00 e\u0301 \ufdfa \u30ab\u3099 \u200b',
  'ab'.repeat(300),
  '\ud800 lone',
  'aé\u0301▁▁ ﬁ 10.5<x>a [MASK][MASK]\n\nA😀😀 ab.',
];
/** A character map may turn one character into this many tokens at most (charsmap.ts), and every text gets specials. */
const MOST_TOKENS_A_BYTE = 128;
const SPECIALS = 32;

process.on('message', async ({ folder, outDir, rows }) => {
  const before = resetPeak();
  const cpu = process.cpuUsage();
  const outcome = await outcomeOf(folder, outDir, rows);
  const { user, system } = process.cpuUsage(cpu);
  process.send({ ...outcome, cpuMs: (user + system) / 1000, grownBytes: memory('VmHWM') - before });
});

async function outcomeOf(folder, outDir, rows) {
  let stage = '';
  try {
    if (rows === null) await compile(folder, outDir);
    else {
      const { json } = await resolveTokenizer(folder, rows);
      stage = ', then ';
      await use(await createTokenizer(json, JSON.parse(json)), rows);
    }
    return { outcome: 'accepted' };
  } catch (error) {
    if (error instanceof HeddleError && error.code !== 'internal')
      return { outcome: stage ? `accepted${stage}${error.code}` : error.code };
    return { outcome: 'unnamed error', error: String(error?.stack ?? error) };
  }
}

async function compile(folder, outDir) {
  await (await openCheckpointFolder(folder)).checkpoint.close();
  await compileModel({ checkpointDir: folder, outDir });
  await rm(outDir, { recursive: true });
}

/** Every text alone and as a pair, whole and in windows; ids must be rows of the embedding table. */
async function use(tokenizer, rows) {
  const wanted = { offsets: true, words: true, tokens: true };
  const options = { ...wanted, maxTokens: 100_000, truncate: false, truncationSide: 'right' };
  for (const text of TEXTS) {
    const encodings = [
      await tokenizer.encode({ text }, options),
      await tokenizer.encode({ text, pair: TEXTS[1] }, { ...options, maxTokens: 64, truncate: true }),
      ...(await tokenizer.encodeWindows({ text }, { ...wanted, maxTokens: 200, stride: 8, cut: 'first' })),
    ];
    for (const encoding of encodings) check(encoding, text, rows);
    tokenizer.decode(encodings[0].ids, { skipSpecialTokens: true });
    tokenizer.tokensOf(encodings[0]);
    tokenizer.decode([...encodings[0].ids, 0, rows - 1, rows], { skipSpecialTokens: false });
  }
}

function check({ ids, length, offsets }, text, rows) {
  const bad = ids.find((id) => !(id >= 0 && id < rows));
  if (bad !== undefined) throw new Error(`the id ${bad} has no row`);
  if (length > Buffer.byteLength(text + TEXTS[1]) * MOST_TOKENS_A_BYTE + SPECIALS)
    throw new Error(`${length} tokens of ${text.length} characters`);
  const most = Math.max(Array.from(text).length, Array.from(TEXTS[1]).length);
  if (offsets.some((at) => at < 0 || at > most)) throw new Error('an offset lies outside the text');
}

/** Begins to measure the peak anew (Linux); what is resident now. */
function resetPeak() {
  writeFileSync('/proc/self/clear_refs', '5');
  return memory('VmRSS');
}

function memory(name) {
  return (
    Number(new RegExp(`${name}:\\s+(\\d+) kB`).exec(readFileSync('/proc/self/status', 'utf8'))[1]) * 1024
  );
}
