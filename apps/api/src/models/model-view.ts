import { type Model, toPublicId } from '@heddle/contracts';
import type { ModelSummary } from '@heddle/store';

/** A model as the API shows it. */
export function modelView(model: ModelSummary): Model {
  const aliases = Object.entries(model.aliases).map(([name, version]) => [
    name,
    toPublicId('version', version),
  ]);
  return {
    id: toPublicId('model', model.id),
    object: 'model',
    name: model.name,
    owner: model.owner,
    description: model.description,
    tasks: model.tasks,
    aliases: Object.fromEntries(aliases) as Record<string, string>,
    latest_version: model.latestVersion,
    gates: model.gates,
    gated: model.gated,
    created_at: model.createdAt.toISOString(),
  };
}
