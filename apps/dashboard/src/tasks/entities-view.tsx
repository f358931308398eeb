import type { OutputOf } from '@heddle/client';
import { Stack, Text } from '@mantine/core';
import type { CSSProperties } from 'react';
import { formatScore } from '../shared/format.js';
import { Bars } from './bars.js';
import styles from './marks.module.css';
import { piecesOf, unitOf } from './spans.js';
import { TextPieces } from './text-pieces.js';

/** How many colours base.css names. */
const COLORS = 6;

interface EntitiesViewProps {
  text: string;
  output: OutputOf<'token-classification'>;
  parameters: Record<string, unknown>;
}

/** Entities where they stand, and how sure each is; the kind is written beside each. */
export function EntitiesView({ text, output: { entities }, parameters }: EntitiesViewProps) {
  const kindOf = (entity: (typeof entities)[number]) => entity.entity_group ?? entity.entity ?? '';
  const kinds = [...new Set(entities.map(kindOf))].sort();
  const spans = entities.map((entity) => ({ start: entity.start, end: entity.end, value: entity }));
  const colorOf = (kind: string) =>
    ({ '--mark': `var(--series-${(kinds.indexOf(kind) % COLORS) + 1})` }) as CSSProperties;
  return (
    <Stack gap="sm">
      <TextPieces
        pieces={piecesOf(text, spans, unitOf(parameters))}
        mark={(piece, entity) => (
          <mark className={styles.mark} style={colorOf(kindOf(entity))} title={formatScore(entity.score)}>
            {piece} <small className={styles.kind}>{kindOf(entity)}</small>
          </mark>
        )}
      />
      {entities.length === 0 && <Text c="dimmed">No entities</Text>}
      <Bars
        rows={entities.map((entity) => ({
          label: `${entity.word} (${kindOf(entity)})`,
          score: entity.score,
        }))}
      />
    </Stack>
  );
}
