import { isImporting, toPublicId, type Version } from '@heddle/contracts';
import type { VersionRecord } from '@heddle/store';

/** A version as the API shows it. */
export function versionView(record: VersionRecord): Version {
  const { status } = record;
  const ready = status === 'ready' || status === 'archived';
  // An unfinished import may have written its manifest already; it is not the version's before it is ready.
  const manifest = ready ? record.manifest : null;
  return {
    id: toPublicId('version', record.id),
    object: 'version',
    model: record.model,
    number: record.number,
    status,
    tasks: manifest?.tasks ?? record.request?.tasks ?? null,
    labels: manifest?.labels ?? record.request?.labels ?? null,
    problem_type: manifest?.problemType ?? null,
    moderation: manifest?.moderation ?? record.request?.moderation ?? null,
    family: manifest?.family ?? null,
    max_tokens: manifest?.maxTokens ?? record.request?.maxTokens ?? null,
    parameters_count: manifest?.parametersCount ?? null,
    precision: manifest?.precision ?? record.request?.precision ?? 'fp32',
    sha256: ready ? record.sha256 : null,
    bytes: manifest ? Object.values(manifest.files).reduce((sum, file) => sum + file.bytes, 0) : null,
    source: sourceOf(record),
    onnx: manifest?.onnx ?? null,
    progress: isImporting(status) ? { stage: status, percent: record.percent } : null,
    report: record.report,
    error: record.error,
    warm: record.warm,
    notes: record.notes,
    created_at: record.createdAt.toISOString(),
    ready_at: record.readyAt?.toISOString() ?? null,
  };
}

function sourceOf({ request, sourceFiles }: VersionRecord): Version['source'] {
  if (!request) return null;
  const files = sourceFiles.map((id) => toPublicId('file', id));
  return request.source === 'archive' ? { type: 'archive', file: files[0]! } : { type: 'files', files };
}
