import {
  type CreateEvaluationBody,
  type FieldError,
  HeddleError,
  type Task,
  taskOf,
  type VersionManifest,
} from '@heddle/contracts';
import {
  accumulatorOptions,
  checkGates,
  createAccumulator,
  evaluationParameters,
  formatNamed,
  kindOf,
  metricsOf,
  parseMapping,
  problemTypeOf,
} from '@heddle/evaluation';
import type { EvaluationOptions, PinnedVersion } from '@heddle/store';

/** What an evaluation does, whatever its request left open. */
export interface Plan {
  task: Task;
  parameters: Record<string, unknown>;
  options: EvaluationOptions;
}

/**
 * Checks a request against the version and its baseline, as far as that can be told without the data set.
 * Errors: `validation`, `task-not-supported`, `text-too-long`.
 */
export function planOf(
  request: CreateEvaluationBody,
  version: PinnedVersion,
  baseline: PinnedVersion | null,
): Plan {
  const task = taskOf(request, version);
  const { manifest } = version;
  const parameters = evaluationParameters(task, request.parameters, manifest, request.squad);
  const kind = kindOf(task, problemTypeOf(task, manifest.problemType, parameters));
  const metrics = at('/metrics', () => metricsOf(kind, request.metrics));
  at('/gates', () => checkGates(request.gates, metrics, baseline !== null, request.resamples > 0));
  if (baseline) {
    assertComparable(task, version, baseline);
    evaluationParameters(task, request.parameters, baseline.manifest, request.squad);
  }
  const { format, mapping, labels, csv, conll, positive_label: positiveLabel, squad, gates } = request;
  if (format !== undefined) at('/format', () => refuseSeveralFiles(formatNamed(format)));
  if (mapping !== undefined) at('/mapping', () => parseMapping(mapping));
  const { seed, resamples } = request;
  const how = { format, mapping, labels, csv, conll };
  const options = { ...how, metrics, positiveLabel, squad, gates, seed, resamples };
  // What cannot be measured is said now, and not when the first answers are there.
  at(positiveLabel === undefined ? '/metrics' : '/positive_label', () =>
    createAccumulator(accumulatorOptions({ task, manifest, parameters, options })),
  );
  return { task, parameters, options };
}

/** `work`; what it finds wrong is said of that place. */
function at<T>(pointer: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (!(error instanceof HeddleError) || error.code !== 'validation') throw error;
    const errors: FieldError[] =
      error.errors.length > 0
        ? error.errors.map((one) => ({ ...one, pointer: `${pointer}${one.pointer}` }))
        : [{ pointer, code: 'value', message: error.message }];
    throw new HeddleError('validation', error.message, { errors });
  }
}

function refuseSeveralFiles(format: string): void {
  if (format !== 'beir') return;
  throw new HeddleError('validation', 'The files of a BEIR data set are converted to one of JSONL first.');
}

/**
 * Two versions that answer with the same labels: the numbers of one say something of the other's. A version is no worse than itself,
 * so that `max_drop` would be met whatever it answers.
 */
function assertComparable(task: Task, version: PinnedVersion, baseline: PinnedVersion): void {
  const [manifest, other] = [version.manifest, baseline.manifest];
  const refuse = (message: string): never => {
    throw new HeddleError('validation', `The baseline cannot be compared: it ${message}.`, {
      errors: [{ pointer: '/baseline', code: 'value', message }],
    });
  };
  if (baseline.id === version.id) refuse(`is the version itself, ${version.model}@${version.number}`);
  if (!other.tasks.includes(task)) refuse(`does not answer ${task}`);
  if (task !== 'text-classification' && task !== 'token-classification') return;
  if (manifest.problemType !== other.problemType) refuse('solves another kind of problem');
  const names = ({ labels }: VersionManifest) => JSON.stringify(labels.toSorted());
  if (names(manifest) !== names(other)) refuse('has other labels');
}
