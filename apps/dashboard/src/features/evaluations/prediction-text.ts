/** Longest text of a prediction in a table. */
const MAX_CHARS = 160;

/** An answer or what was expected, in a few words: the best label with its score, answers, entities, the best documents. */
export function predictionText(value: unknown): string {
  return shortened(textOf(value));
}

function textOf(value: unknown): string {
  if (value === null || value === undefined) return '–';
  if (typeof value === 'string') return value;
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  if (Array.isArray(value)) return value.length === 0 ? 'none' : value.map(textOf).join(', ');
  const object = value as Record<string, unknown>;
  const listed = (name: string) => (Array.isArray(object[name]) ? (object[name] as unknown[]) : null);
  const labels = listed('selected') ?? listed('labels');
  if (labels) return listed('selected') ? textOf(labels) : scored(labels[0], 'label');
  if (object.no_answer === true) return 'no answer';
  const answers = listed('answers');
  if (answers) return scored(answers[0], 'answer');
  const entities = listed('entities');
  if (entities) return entities.length === 0 ? 'none' : entities.map(entityText).join(', ');
  if ('entity_group' in object || ('type' in object && 'start' in object)) return entityText(object);
  const masks = listed('masks');
  if (masks) return masks.map((mask) => scored((mask as unknown[])[0], 'token')).join(', ');
  const results = listed('results');
  if (results) return `documents ${results.map((one) => String(fieldOf(one, 'index'))).join(', ')}`;
  if ('best' in object) return `choice ${String(object.best)}`;
  for (const name of ['label', 'text', 'answer', 'value', 'score', 'message'])
    if (name in object) return textOf(object[name]);
  return JSON.stringify(value);
}

function scored(best: unknown, name: string): string {
  if (best === undefined) return 'none';
  const score = fieldOf(best, 'score');
  return `${textOf(fieldOf(best, name))}${typeof score === 'number' ? ` (${score.toFixed(3)})` : ''}`;
}

function entityText(entity: unknown): string {
  const kind = fieldOf(entity, 'entity_group') ?? fieldOf(entity, 'entity') ?? fieldOf(entity, 'type');
  const word =
    fieldOf(entity, 'word') ?? `${textOf(fieldOf(entity, 'start'))}–${textOf(fieldOf(entity, 'end'))}`;
  return `${textOf(kind)}: ${textOf(word)}`;
}

function fieldOf(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[name] : undefined;
}

function shortened(text: string): string {
  const characters = [...text];
  return characters.length <= MAX_CHARS ? text : `${characters.slice(0, MAX_CHARS).join('')}…`;
}
