import { type Attention, matrixOf, type Part } from './attention.js';
import styles from './attention.module.css';
import { HeatMap } from './heat-map.js';

interface HeadGridProps {
  attention: Attention;
  part: Part;
  range: { min: number; max: number };
  layer: number;
  head: number;
  onSelect: (layer: number, head: number) => void;
}

/** All heads of all layers, small, on one scale; one of them is looked at. */
export function HeadGrid({ attention, part, range, layer, head, onSelect }: HeadGridProps) {
  return (
    <fieldset className={styles.heads} aria-label="Heads by layer">
      {counted(attention.layers).map((row) => (
        <div key={row} className={styles.layer}>
          <span className={styles.layerName}>Layer {row}</span>
          {counted(attention.heads).map((column) => (
            <button
              key={column}
              type="button"
              className={styles.head}
              aria-label={`Layer ${row}, head ${column}`}
              aria-pressed={row === layer && column === head}
              onClick={() => onSelect(row, column)}
            >
              <HeatMap
                matrix={matrixOf(attention, part, row, column)!}
                n={attention.n}
                range={range}
                label={`Layer ${row}, head ${column}`}
              />
            </button>
          ))}
        </div>
      ))}
    </fieldset>
  );
}

function counted(length: number): number[] {
  return Array.from({ length }, (_, at) => at);
}
