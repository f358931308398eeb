/** Importing checkpoints of published sizes (random weights) as a worker does it, verification and first answer included. */
import { mkdir, readdir, readFile, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { materialise, openFolderStore } from '@heddle/artifacts';
import { mainGraphs, openTokenizer } from '@heddle/deberta';
import { buildInChild, storeVersion } from '@heddle/importing';
import { openSession } from '@heddle/runtime';
import { generateCheckpoint, SHAPES } from './generate-checkpoint.mjs';
import { inFolder } from './in-folder.mjs';
import { writeReport } from './report.mjs';

/** Shapes, the type their weights are stored in, and the kind of file. */
const PLANS = {
  quick: [
    ['v3-xsmall', 'F32', 'safetensors'],
    ['v3-base', 'F32', 'safetensors'],
  ],
  full: [
    ['v3-xsmall', 'F32', 'safetensors'],
    ['v3-base', 'F32', 'safetensors'],
    ['v3-base', 'F16', 'bin'],
    ['v3-large', 'F32', 'safetensors'],
    ['v1-base', 'F32', 'bin'],
    ['v1-xlarge', 'F16', 'safetensors'],
    ['v2-xlarge', 'F16', 'bin'],
  ],
};
const TEXT = 'The first half promises what the second half forgets.';
const MIB = 1024 * 1024;
const LIMITS = { memoryMib: 8192, timeoutMs: 600_000 };
/** Of all that is resident the kernel keeps the highest value itself; of own memory it does not. */
const LOOK_EVERY_MS = 50;

export async function benchImport({ quick }) {
  const results = {};
  for (const [shape, dtype, format] of PLANS[quick ? 'quick' : 'full']) {
    const name = `${shape} ${dtype} ${format}`;
    results[name] = await measure(shape, dtype, format);
    console.log(`${name}: ${results[name].seconds} s`);
  }
  console.table(results);
  await writeReport('import', quick, { results });
}

async function measure(shape, dtype, format) {
  return inFolder(tmpdir(), 'heddle-import-', async (folder) => {
    const checkpointDir = join(folder, 'checkpoint');
    const { size } = await stat(await generateCheckpoint(checkpointDir, SHAPES[shape], dtype, format));
    const workDir = join(folder, 'work');
    await mkdir(workDir);
    const stopWatching = watchPeak();
    const started = performance.now();
    const building = buildInChild({ source: { folder: checkpointDir }, wishes: {}, workDir }, LIMITS);
    const built = await building.finally(() => stopWatching());
    const { report } = built;
    const builtAt = performance.now();
    await answerOnce(built, folder);
    const endedAt = performance.now();
    const { converting, verifying } = report.durations_ms;
    return {
      checkpoint_mib: Math.round(size / MIB),
      parameters: report.sizes.parameters,
      seconds: oneDecimal((endedAt - started) / 1000),
      compile_s: oneDecimal(converting / 1000),
      verify_s: oneDecimal(verifying / 1000),
      serve_s: oneDecimal((endedAt - builtAt) / 1000),
      peak_rss_mib: Math.round(stopWatching().all),
      peak_own_mib: Math.round(stopWatching().own),
      written_mib: Math.round(report.sizes.version_bytes / MIB),
    };
  });
}

/** What is left until a worker answers: store and fetch the files by digest, open tokenizer and session, one pass. */
async function answerOnce(built, folder) {
  const artifacts = openFolderStore(join(folder, 'artifacts'));
  await storeVersion(built, artifacts);
  const cache = join(folder, 'cache');
  await materialise(artifacts, built.manifest.files, cache);
  const tokenizer = await openTokenizer(join(cache, 'tokenizer.json'));
  const options = { maxTokens: built.manifest.maxTokens, truncate: true, truncationSide: 'right' };
  const { ids, length, typeIds } = await tokenizer.encode({ text: TEXT }, options);
  const [{ file }] = mainGraphs(built.manifest, 'cpu');
  const session = await openSession(join(cache, file));
  await session.run({
    inputIds: ids,
    attentionMask: new Uint8Array(length).fill(1),
    typeIds,
    batch: 1,
    length,
  });
  await session.close();
}

/**
 * Follows the memory of this process's children. What it returns ends that and gives the peaks in MiB: of all that is
 * resident, and of `own` memory, without the pages of mapped files, which the system can drop.
 */
function watchPeak() {
  const peak = { all: 0, own: 0 };
  const look = async () => {
    for (const pid of await childrenOf('self')) {
      const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '');
      const mib = (key) => Number(new RegExp(`^${key}:\\s+(\\d+) kB$`, 'm').exec(status)?.[1] ?? 0) / 1024;
      peak.all = Math.max(peak.all, mib('VmHWM'));
      peak.own = Math.max(peak.own, mib('RssAnon'));
    }
  };
  const timer = setInterval(() => void look(), LOOK_EVERY_MS);
  return () => {
    clearInterval(timer);
    return peak;
  };
}

async function childrenOf(pid) {
  const lists = (await readdir(`/proc/${pid}/task`)).map((thread) =>
    readFile(`/proc/${pid}/task/${thread}/children`, 'utf8').catch(() => ''),
  );
  return (await Promise.all(lists)).join(' ').split(' ').filter(Boolean);
}

function oneDecimal(value) {
  return Math.round(value * 10) / 10;
}
