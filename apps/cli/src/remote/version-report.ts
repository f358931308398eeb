import type { Fp16Report, ImportReport, Int8Report, OutputDifference, Version } from '@heddle/contracts';

/** What people want to know of an import, below the line of its version. */
export function describeReport({ report, error, labels, max_tokens: maxTokens }: Version): string {
  const lines: [string, string][] = [];
  if (error) lines.push(['error', `${error.code}: ${error.message}`]);
  if (labels && labels.length > 0) lines.push(['labels', shortList(labels)]);
  if (maxTokens !== null) lines.push(['tokens', `at most ${maxTokens}`]);
  if (report) lines.push(...reportLines(report));
  return lines.map(([name, text]) => `  ${name.padEnd(9)}${text}\n`).join('');
}

function reportLines(report: ImportReport): [string, string][] {
  const { files_read, files_ignored, tensors_ignored, vectors, parity, batching, sizes, durations_ms } =
    report;
  const ignored = [
    ...files_ignored.map(({ name }) => name),
    ...(tensors_ignored.count > 0
      ? [`${tensors_ignored.count} tensors (${shortList(tensors_ignored.names)})`]
      : []),
  ];
  const seconds = Object.entries(durations_ms).map(([stage, ms]) => `${stage} ${(ms / 1000).toFixed(1)} s`);
  return [
    ['read', files_read.map(({ name }) => name).join(', ')],
    ['ignored', ignored.length > 0 ? shortList(ignored) : 'nothing'],
    ...(vectors ? [['vectors', vectorsLine(vectors)] as [string, string]] : []),
    ['parity', `${parity.outputs.map(difference).join('; ')} from the source weights`],
    ['batching', `${batching.map(difference).join('; ')} alone and in company`],
    ...variantLines(report),
    ['size', `${(sizes.parameters / 1e6).toFixed(1)} M parameters, ${megabytes(sizes.version_bytes)}`],
    ['time', seconds.join(', ')],
  ];
}

/** How near a variant is to float32; of int8 in which layers it is. */
export function variantLines({ fp16, int8 }: Pick<ImportReport, 'fp16' | 'int8'>): [string, string][] {
  return [...(fp16 ? agreementLines('fp16', fp16) : []), ...(int8 ? int8Lines(int8) : [])];
}

function int8Lines(report: Int8Report): [string, string][] {
  const { layers, table } = report;
  const float = layers.filter(({ precision }) => precision === 'fp32').map(({ layer }) => String(layer));
  return [
    ...agreementLines('int8', report),
    [
      'layers',
      float.length === 0
        ? `all ${layers.length} in int8`
        : `${layers.length - float.length} of ${layers.length} in int8; in float32: ${float.join(', ')}`,
    ],
    ...(table ? [['words', `embeddings in ${table.precision}`] as [string, string]] : []),
  ];
}

function agreementLines(variant: string, { gate, ...found }: Fp16Report): [string, string][] {
  const texts = found.calibration === 'own' ? 'own texts' : "Heddle's texts";
  return [
    [
      variant,
      `${percent(found.same_decisions)} of ${found.decisions} decisions are float32's ` +
        `(at least ${percent(gate.min_same_decisions)}), on ${found.texts} of ${texts}`,
    ],
    [
      '',
      `mean difference ${found.mean_difference.toExponential(1)} ` +
        `(at most ${gate.max_mean_difference.toExponential(1)}), largest ${found.max_difference.toExponential(1)}`,
    ],
  ];
}

function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`;
}

function vectorsLine({ steps, default: isDefault }: NonNullable<ImportReport['vectors']>): string {
  return isDefault
    ? shortList(steps)
    : `${shortList(steps)}: not supported; requests must say which pooling they want`;
}

function difference({ output, max_abs_difference, tolerance }: OutputDifference): string {
  return `${output} ${max_abs_difference.toExponential(1)} (allowed ${tolerance.toExponential(1)})`;
}

/** Names that a line holds. */
const LISTED = 8;

function shortList(names: string[]): string {
  const more = names.length > LISTED ? ` and ${names.length - LISTED} more` : '';
  return names.slice(0, LISTED).join(', ') + more;
}

function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(1)} MB`;
}
