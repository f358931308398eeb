import { type KeyboardEvent, type PointerEvent, useEffect, useRef } from 'react';
import styles from './attention.module.css';
import { colorOf } from './colors.js';

/** Two tokens: attention goes from a row to a column. */
export interface Pair {
  from: number;
  to: number;
}

interface HeatMapProps {
  /** n × n numbers, row-major. */
  matrix: Float32Array;
  n: number;
  range: { min: number; max: number };
  label: string;
  selected?: Pair;
  onSelect?: (pair: Pair) => void;
}

/** One head as a picture of n × n pixels, as large as its place. Pointer and arrow keys choose a pair. */
export function HeatMap({ matrix, n, range, label, selected, onSelect }: HeatMapProps) {
  const canvas = useRef<HTMLCanvasElement>(null);
  useEffect(() => {
    const context = canvas.current?.getContext('2d');
    if (!context || n === 0) return;
    const image = context.createImageData(n, n);
    for (let at = 0; at < matrix.length; at++) {
      const [red, green, blue] = colorOf(matrix[at]!, range);
      image.data.set([red, green, blue, 255], at * 4);
    }
    context.putImageData(image, 0, 0);
  }, [matrix, n, range]);

  const picture = <canvas ref={canvas} width={n} height={n} className={styles.canvas} />;
  if (!onSelect || !selected) return picture;

  const point = (event: PointerEvent<HTMLDivElement>) => {
    const box = event.currentTarget.getBoundingClientRect();
    const cell = (at: number, length: number) => Math.min(n - 1, Math.max(0, Math.floor((at / length) * n)));
    onSelect({
      from: cell(event.clientY - box.top, box.height),
      to: cell(event.clientX - box.left, box.width),
    });
  };
  const press = (event: KeyboardEvent) => {
    const next = moved(selected, event.key, n);
    if (next === null) return;
    event.preventDefault();
    onSelect(next);
  };
  return (
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
      {picture}
      <div
        className={styles.cell}
        style={{
          top: `${(100 * selected.from) / n}%`,
          left: `${(100 * selected.to) / n}%`,
          width: `${100 / n}%`,
          height: `${100 / n}%`,
        }}
      />
    </div>
  );
}

function moved({ from, to }: Pair, key: string, n: number): Pair | null {
  const within = (at: number) => Math.min(n - 1, Math.max(0, at));
  switch (key) {
    case 'ArrowUp':
      return { from: within(from - 1), to };
    case 'ArrowDown':
      return { from: within(from + 1), to };
    case 'ArrowLeft':
      return { from, to: within(to - 1) };
    case 'ArrowRight':
      return { from, to: within(to + 1) };
    default:
      return null;
  }
}
