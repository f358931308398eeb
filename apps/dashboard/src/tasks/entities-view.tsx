import type { OutputOf } from '@heddle/client';
import { Mark, Text } from '@mantine/core';
import { formatScore } from '../shared/format.js';
import { piecesOf, unitOf } from './spans.js';
import { TextPieces } from './text-pieces.js';

const COLORS = ['yellow', 'teal', 'grape', 'orange', 'cyan', 'pink', 'lime', 'indigo'];

interface EntitiesViewProps {
  text: string;
  output: OutputOf<'token-classification'>;
  parameters: Record<string, unknown>;
}

/** Entities where they stand; the kind is written beside each. */
export function EntitiesView({ text, output: { entities }, parameters }: EntitiesViewProps) {
  const kindOf = (entity: (typeof entities)[number]) => entity.entity_group ?? entity.entity ?? '';
  const kinds = [...new Set(entities.map(kindOf))].sort();
  const spans = entities.map((entity) => ({ start: entity.start, end: entity.end, value: entity }));
  if (entities.length === 0) return <Text c="dimmed">No entities</Text>;
  return (
    <TextPieces
      pieces={piecesOf(text, spans, unitOf(parameters))}
      mark={(piece, entity) => (
        <Mark color={COLORS[kinds.indexOf(kindOf(entity)) % COLORS.length]} title={formatScore(entity.score)}>
          {piece} <small>{kindOf(entity)}</small>
        </Mark>
      )}
    />
  );
}
