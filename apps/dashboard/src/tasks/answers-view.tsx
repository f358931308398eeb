import type { OutputOf } from '@heddle/client';
import { Stack, Text } from '@mantine/core';
import { formatScore } from '../shared/format.js';
import { Bars } from './bars.js';
import styles from './marks.module.css';
import { piecesOf, unitOf } from './spans.js';
import { TextPieces } from './text-pieces.js';

interface AnswersViewProps {
  context: string;
  output: OutputOf<'question-answering'>;
  parameters: Record<string, unknown>;
}

/** The best answer where it stands in its context, and the others with their scores. */
export function AnswersView({
  context,
  output: { answers, no_answer, null_score },
  parameters,
}: AnswersViewProps) {
  const best = answers[0];
  const spans = best && !no_answer ? [{ start: best.start, end: best.end, value: best }] : [];
  return (
    <Stack gap="xs">
      <TextPieces
        pieces={piecesOf(context, spans, unitOf(parameters))}
        mark={(piece, { score }) => (
          <mark className={styles.mark} title={formatScore(score)}>
            {piece}
          </mark>
        )}
      />
      {no_answer && <Text fw={700}>The context does not answer it ({formatScore(null_score)})</Text>}
      <Bars
        rows={answers.map(({ answer, score, start, end }) => ({
          label: answer === '' ? 'no answer' : `${answer} (${start} to ${end})`,
          score,
        }))}
      />
    </Stack>
  );
}
