import { mkdir, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { digestOf } from '@heddle/artifacts';
import {
  checkModeration,
  HeddleError,
  type ImportProgress,
  type ImportReport,
  type VersionManifest,
  versionManifest,
} from '@heddle/contracts';
import { type CompileReport, compileModel } from '@heddle/deberta';
import { readCalibration } from './agreement/calibration.js';
import { calibrationOf, openFolder } from './checkpoint-folder.js';
import { buildFp16 } from './fp16/build-fp16.js';
import { buildInt8 } from './int8/build-int8.js';
import type { BuiltVersion, ImportRequest, ImportWishes } from './protocol.js';
import { verifyVersion } from './verify/verify-version.js';

/** Ignored tensors that a report names. */
const MAX_NAMED_TENSORS = 50;
/** Percent of a verification after the float32 graphs, where a variant is built after them. */
const FLOAT_PERCENT = 30;

/**
 * Checkpoint → ONNX and tokenizer in a folder below `workDir`, verified: finite, the same alone as in company, and
 * what the source weights say by an independent computation. Served in fp16 or int8, it is a float32 version and the
 * variant that answers like it.
 * Errors: the import codes of the error table.
 */
export async function buildVersion(
  { source, wishes, workDir }: ImportRequest,
  onProgress: (progress: ImportProgress) => void,
): Promise<BuiltVersion> {
  const clock = stopwatch();
  onProgress({ stage: 'importing', percent: 0 });
  const folder = await openFolder(source, join(workDir, 'checkpoint'));
  const { tasks: _, moderation: __, calibration: named, ...compileWishes } = wishes;
  const { precision = 'fp32' } = wishes;
  const isVariant = precision !== 'fp32';
  const own = isVariant ? (named ?? (await calibrationOf(folder))) : undefined;
  // Before anything is compiled in vain.
  const texts = isVariant ? await readCalibration(own) : [];
  const importing = clock();

  onProgress({ stage: 'converting', percent: 0 });
  const dir = join(workDir, 'version');
  await mkdir(dir);
  const { compiled, report } = await compileModel({
    ...compileWishes,
    checkpointDir: folder,
    outDir: dir,
    onProgress: ({ tensorsRead, tensors }) => {
      const percent = tensors === 0 ? 0 : Math.floor((100 * tensorsRead) / tensors);
      onProgress({ stage: 'converting', percent: Math.min(100, percent) });
    },
  });
  const tasks = tasksOf(compiled, wishes);
  const moderation = moderationOf(compiled, wishes);
  const converting = clock();

  const tellPercent = (percent: number) => onProgress({ stage: 'verifying', percent });
  const subject = { folder, dir, compiled, wishes: compileWishes };
  const floatPercent = isVariant ? FLOAT_PERCENT : 100;
  const measured = await verifyVersion(subject, (percent) =>
    tellPercent(Math.floor((percent * floatPercent) / 100)),
  );
  const tellVariant = (percent: number) =>
    tellPercent(FLOAT_PERCENT + Math.floor((percent * (100 - FLOAT_PERCENT)) / 100));
  const variant = { ...subject, texts, calibration: own ? ('own' as const) : ('built-in' as const) };
  const int8 = precision === 'int8' && (await buildInt8({ ...variant, workDir }, tellVariant));
  const fp16 = precision === 'fp16' && (await buildFp16(variant, tellVariant));
  const manifest = versionManifest.parse({ ...compiled, tasks, ...moderation, files: await digestsOf(dir) });
  return {
    dir,
    manifest,
    report: {
      ...(await readAndIgnored(folder, report, own)),
      ...(report.vectors && { vectors: report.vectors }),
      ...measured,
      ...(int8 && { int8 }),
      ...(fp16 && { fp16 }),
      sizes: await sizesOf(folder, manifest),
      durations_ms: { importing, converting, verifying: clock() },
    },
  };
}

/** The tasks that are wanted of those the head answers. Throws `task-not-supported`. */
function tasksOf(
  { tasks, head }: Pick<VersionManifest, 'tasks' | 'head'>,
  { tasks: wished }: ImportWishes,
): VersionManifest['tasks'] {
  if (!wished) return tasks;
  const missing = wished.find((task) => !tasks.includes(task));
  if (missing === undefined) return [...new Set(wished)];
  throw new HeddleError('task-not-supported', `The head ${head} does not answer ${missing}.`, {
    extra: { supported: tasks },
  });
}

/** Throws `invalid-config`. */
function moderationOf(
  { moderation, labels }: Pick<VersionManifest, 'moderation' | 'labels'>,
  { moderation: wished }: ImportWishes,
): Pick<VersionManifest, 'moderation'> {
  if (!wished) return moderation ? { moderation } : {};
  checkModeration(wished, labels);
  return { moderation: { ...moderation, ...wished } };
}

async function readAndIgnored(
  folder: string,
  { sources, weights: { ignored } }: CompileReport,
  calibration: string | undefined,
): Promise<Pick<ImportReport, 'files_read' | 'files_ignored' | 'tensors_ignored'>> {
  const files = await filesOf(
    folder,
    sources.filter((name) => name.includes('/')),
  );
  const isRead = ({ name }: { name: string }) => sources.includes(name) || join(folder, name) === calibration;
  return {
    files_read: files.filter(isRead),
    files_ignored: files.filter((file) => !isRead(file)),
    tensors_ignored: { count: ignored.length, names: ignored.slice(0, MAX_NAMED_TENSORS) },
  };
}

async function sizesOf(folder: string, manifest: VersionManifest): Promise<ImportReport['sizes']> {
  const sum = (files: { bytes: number }[]) => files.reduce((total, { bytes }) => total + bytes, 0);
  return {
    source_bytes: sum(await filesOf(folder)),
    version_bytes: sum(Object.values(manifest.files)),
    parameters: manifest.parametersCount,
  };
}

async function digestsOf(dir: string): Promise<VersionManifest['files']> {
  const files: VersionManifest['files'] = {};
  for (const name of (await readdir(dir)).sort()) files[name] = await digestOf(join(dir, name));
  return files;
}

/** Files of a folder, and of those below it the ones that are named. */
async function filesOf(folder: string, below: string[] = []): Promise<{ name: string; bytes: number }[]> {
  const entries = (await readdir(folder, { withFileTypes: true })).filter((entry) => entry.isFile());
  const names = [...entries.map(({ name }) => name), ...below].sort();
  return Promise.all(names.map(async (name) => ({ name, bytes: (await stat(join(folder, name))).size })));
}

/** Milliseconds since the last call. */
function stopwatch(): () => number {
  let last = performance.now();
  return () => {
    const elapsed = Math.round(performance.now() - last);
    last += elapsed;
    return elapsed;
  };
}
