import { formatScore } from '../shared/format.js';
import styles from './marks.module.css';
import { piecesOf, unitOf } from './spans.js';
import { TextPieces } from './text-pieces.js';

/** From so much on, a token is marked. */
const MARKED_FROM = 0.5;

interface TokensViewProps {
  text: string;
  tokens: readonly { start: number; end: number; score: number }[];
  parameters: Record<string, unknown>;
}

/** The text with the tokens whose score, 0 … 1, is high. */
export function TokensView({ text, tokens, parameters }: TokensViewProps) {
  const spans = tokens.map((token) => ({ start: token.start, end: token.end, value: token.score }));
  return (
    <TextPieces
      pieces={piecesOf(text, spans, unitOf(parameters))}
      mark={(piece, score) =>
        score >= MARKED_FROM ? (
          <mark className={styles.mark} title={formatScore(score)}>
            {piece}
          </mark>
        ) : (
          <span title={formatScore(score)}>{piece}</span>
        )
      }
    />
  );
}
