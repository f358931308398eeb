/** docs/performance.md, from bench/results and the targets. */
import { readFile } from 'node:fs/promises';
import { bulkSection, importSection, passSections, platformSection, shadowSection } from './sections.mjs';
import { soakSection } from './soak-section.mjs';
import { TARGETS } from './targets.mjs';

const BENCHES = ['engine', 'peers', 'platform', 'bulk', 'shadow', 'soak', 'soak-postgres', 'import'];

/** Reports of full runs by bench. */
export async function readReports(folder = new URL('../results/', import.meta.url)) {
  const reports = {};
  for (const bench of BENCHES) {
    const report = await readReport(new URL(`${bench}.json`, folder));
    if (report && !report.quick) reports[bench] = report;
  }
  return reports;
}

/** By id of a target: what was tried where it is missed. */
export async function readRemarks() {
  return JSON.parse(await readFile(new URL('./remarks.json', import.meta.url), 'utf8'));
}

/** Throws when a remark belongs to no target. */
export function performanceAsMarkdown(reports, remarks) {
  for (const id of Object.keys(remarks))
    if (!TARGETS.some((target) => target.id === id))
      throw new Error(`remarks.json: no target is named ${id}`);
  const { engine, peers, platform, bulk, shadow, import: imports } = reports;
  const soaks = ['soak', 'soak-postgres'].flatMap((name) => reports[name] ?? []);
  const sections = [
    INTRODUCTION,
    '## Targets',
    targetsTable(reports, remarks),
    HOW,
    ...(engine ? ['## Forward passes in fp32', ...passSections(engine)] : []),
    ...(peers ? ['## Peers', ...passSections(peers)] : []),
    ...(platform ? ['## Platform', ...platformSection(platform)] : []),
    ...(bulk ? ['## Bulk file', ...bulkSection(bulk)] : []),
    ...(shadow ? ['## Shadow', ...shadowSection(shadow)] : []),
    ...(soaks.length > 0 ? ['## Soak', ...soaks.flatMap(soakSection)] : []),
    ...(imports ? ['## Imports', ...importSection(imports)] : []),
    'This page is generated: `npm run docs`.',
  ];
  return `${sections.join('\n\n')}\n`;
}

function targetsTable(reports, remarks) {
  const rows = TARGETS.map(({ id, what, target, measure }) => {
    const { measured, met } = measure(reports) ?? {};
    const outcome = met === undefined ? 'not measured' : met ? 'met' : 'missed';
    return `| ${[what, target, measured ?? '', outcome, remarks[id] ?? ''].join(' | ')} |`;
  });
  return ['| what | target | measured | | remark |', '|---|---|---|---|---|', ...rows].join('\n');
}

async function readReport(url) {
  const json = await readFile(url, 'utf8').catch((error) => {
    if (error.code === 'ENOENT') return null;
    throw error;
  });
  return json && JSON.parse(json);
}

const INTRODUCTION = `# Performance

What was measured, on which machine, against what. Figures of different machines, or of different days on one that is
shared, cannot be compared: every target is a ratio of things that were measured side by side in one run.`;

const HOW = `## How it is measured

\`npm run bench -- <group>\` prints tables and writes \`bench/results/<group>.json\`, from which \`npm run docs\` writes this
page. \`--quick\` shows in minutes that a bench works and is not shown here; \`npm run bench -- --help\` lists the groups:
\`engine\` (some ten minutes on two cores), \`peers --python\` (half an hour; without Python four targets are not measured),
\`platform\`, \`bulk\` and \`import\` (seven each), \`shadow\` (fifteen), \`soak\` (half an hour for each \`--backend\`). They need the machine for themselves. [GPUs](gpu.md#speed) have a page of their own.

- **Model.** DeBERTa-v3-base's shape (12 layers, 768 wide, 128,100 words, 3 labels) with random weights, the same for all;
  nothing is downloaded. With random weights decisions mean nothing, so how often a reduced precision decides as fp32 does
  cannot be seen here; the difference of its logits, relative to the largest, is in the tables.
- **Shapes.** \`8x128\` is one forward pass of 8 sequences of 128 tokens, all of them real.
- **Answers first.** Every contender answers every shape before anything is timed. fp32 ones must agree within 1e-3 of the
  largest logit; a wrong answer ends the bench.
- **Environment.** Heddle's processes have the one that workers give to theirs, in which memory lies in large pages; the
  others start as documented.
- **Rounds.** Each contender runs in fresh processes, one contender at a time, once with one process that has a thread for
  each core and once with a process of one thread for each core. Rounds go through all of them, there and back. Throughput
  is the median of the rounds in the layout that is faster, with the lowest and the highest; latency is the median pass of
  the layout where it is shorter.
- **Memory.** Resident memory of all processes of the faster layout after the passes of a shape, pages that processes share
  counted once (PSS), and the same of one process with all threads. A process keeps what larger shapes needed: the
  tables are in the order in which the shapes ran.
- **Peers.** [transformers.js](https://github.com/huggingface/transformers.js) from npm; with \`--python\`, in an environment
  below \`bench/.work\`: transformers on torch, fp32 and bf16; torch's ONNX export on onnxruntime, fp32 and
  \`quantize_dynamic\` int8, per tensor and per channel; the same weights on OpenVINO, fp32 and bf16, and bf16 compiled for
  one shape. pip may bring torch's build for GPUs, some gigabytes more; \`PIP_INDEX_URL\` and \`PIP_EXTRA_INDEX_URL\` choose
  where it comes from.
- **Mixed lengths.** Log-normal lengths (median 40 tokens, 95th percentile 250, cut at 512), as token ids. Heddle: the
  worker's batcher and inference children with default settings and a child for each core, as many sequences under way as a
  worker holds jobs. Others: batches of 8 in the order of arrival, padded to the longest, given to the process that is free
  first. Only real tokens count.
- **Platform.** Real api, dispatcher and worker, Postgres and Redis on one machine with the load; rounds of what is
  compared alternate. *Jobs of one text*: clients that submit and wait, each with one job under way. The plain BullMQ
  workers, a process of one thread for each core, call transformers.js once a job with the same graph and store nothing
  in Postgres; their clients wait for the result with BullMQ's events. *Over inference*: the round trip less the forward
  pass's own time, which the job shows. *Saturated*: jobs of 16 texts, their lengths as under mixed lengths; the engine
  is the worker's batcher and inference children without queue and database; both answer the same texts first. With one
  inference child the other processes have the rest of the cores. *Finished jobs*: the store's own statements, in two
  databases of one server, with 64 MB of shared buffers; inputs and results of finished jobs are there too. *Idle*:
  processor time that the kernel counts, some seconds after the last job.
- **Bulk file.** Lines of log-normal lengths as under mixed lengths, one batch, from the request to the files. The engine is
  that of *saturated*, on the same texts, tokenised before; rounds of both alternate. Memory (PSS) is looked at every second,
  from the fifth look on. In the last run a worker is killed with SIGKILL when 30 % are done, a dispatcher when 60 % are.
  Every line of every run has the engine's scores within 1e-3, once and in its place.
- **Soak.** The same processes under half of the load that they managed for ten seconds before: jobs that are waited for,
  looked at later, streamed or canceled, clients that hang up, lists, tokenizing, keys that are made and taken back, requests
  that are refused, of four tenants and the shipped models; inputs and results are erased a minute after a job's end. A sixth
  of the time is warm-up. Everything is looked at each 10 s; slopes are those of Theil and Sen over the medians of minutes,
  with their 95 % interval, in percent of the first value; first and last are medians of three minutes. *Resident* and
  *anonymous* memory are what the kernel counts (pages of files, such as weights and code, are not anonymous); *heap used*
  and *external* are JavaScript's own numbers, whenever the last garbage was collected.`;
