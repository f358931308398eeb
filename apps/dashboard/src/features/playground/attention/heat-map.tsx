import type { CSSProperties, KeyboardEvent, PointerEvent } from 'react';
import styles from './attention.module.css';
import { type Place, placeAfter, within } from './keys.js';
import { MatrixCanvas } from './matrix-canvas.js';
import type { Range } from './palette.js';

/** With more tokens than this, their names beside the map could not be read. */
const MAX_NAMED = 36;

interface HeatMapProps {
  /** n × n numbers, row-major: attention goes from the token of the row to that of the column. */
  matrix: Float32Array;
  tokens: readonly string[];
  range: Range;
  label: string;
  pair: Place;
  onSelect: (pair: Place) => void;
}

/** One head, large. Pointer and arrow keys choose a pair of tokens. */
export function HeatMap({ matrix, tokens, range, label, pair, onSelect }: HeatMapProps) {
  const n = tokens.length;
  const size = { rows: n, columns: n };
  const point = (event: PointerEvent<HTMLElement>) => {
    const box = event.currentTarget.getBoundingClientRect();
    const next = within(
      {
        row: Math.floor(((event.clientY - box.top) / box.height) * n),
        column: Math.floor(((event.clientX - box.left) / box.width) * n),
      },
      size,
    );
    if (next.row !== pair.row || next.column !== pair.column) onSelect(next);
  };
  const press = (event: KeyboardEvent) => {
    const next = placeAfter(pair, event.key, size);
    if (next === null) return;
    event.preventDefault();
    onSelect(next);
  };
  const isNamed = n <= MAX_NAMED;
  return (
    <div className={styles.plot} data-named={isNamed || undefined} style={{ '--n': n } as CSSProperties}>
      {isNamed && <Names tokens={tokens} chosen={pair.column} className={styles.columnNames} />}
      {isNamed && <Names tokens={tokens} chosen={pair.row} className={styles.rowNames} />}
      <div
        className={styles.map}
        // biome-ignore lint/a11y/noNoninteractiveTabindex: arrow keys choose the pair, as the pointer does
        tabIndex={0}
        role="application"
        aria-label={`${label}: arrow keys choose a pair of tokens`}
        onPointerMove={point}
        onPointerDown={point}
        onKeyDown={press}
      >
        <MatrixCanvas numbers={matrix} n={n} range={range} />
        <div
          className={styles.cell}
          style={{
            top: `${(100 * pair.row) / n}%`,
            left: `${(100 * pair.column) / n}%`,
            width: `${100 / n}%`,
            height: `${100 / n}%`,
          }}
        />
      </div>
    </div>
  );
}

/** Tokens along a side of the map. The pair that is chosen is told beside the map, to screen readers too. */
function Names({
  tokens,
  chosen,
  className,
}: {
  tokens: readonly string[];
  chosen: number;
  className?: string;
}) {
  return (
    <div className={className} aria-hidden="true">
      {tokens.map((token, at) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: a token is its place
        <span key={at} data-chosen={at === chosen || undefined}>
          {token}
        </span>
      ))}
    </div>
  );
}
