import { type CSSProperties, type KeyboardEvent, memo, useMemo } from 'react';
import { type Attention, matrixOf, type Part, rangeOf } from './attention.js';
import styles from './attention.module.css';
import { type Place, placeAfter } from './keys.js';
import { MatrixCanvas } from './matrix-canvas.js';
import { thumbnailOf } from './thumbnail.js';

/** Numbers of a thumbnail in a row: as many as its pixels on most screens. */
const THUMBNAIL = 40;

interface HeadGridProps {
  attention: Attention;
  part: Part;
  /** Of the head that is looked at; among the layers and heads that were asked for. */
  place: Place;
  onSelect: (place: Place) => void;
}

/** All heads of all layers, small, each on a scale of its own. Pointer and arrow keys choose one. */
export const HeadGrid = memo(function HeadGrid({ attention, part, place, onSelect }: HeadGridProps) {
  const { layers, heads } = attention;
  const thumbnails = useMemo(
    () =>
      layers.map((_, row) =>
        heads.map((_, column) => {
          const { numbers, n } = thumbnailOf(
            matrixOf(attention, part, { row, column })!,
            attention.n,
            THUMBNAIL,
          );
          return { numbers, n, range: rangeOf(numbers) };
        }),
      ),
    [attention, part, layers, heads],
  );
  const press = (event: KeyboardEvent<HTMLElement>) => {
    const next = placeAfter(place, event.key, { rows: layers.length, columns: heads.length });
    if (next === null) return;
    event.preventDefault();
    event.currentTarget.querySelector<HTMLElement>(`[data-place="${next.row} ${next.column}"]`)?.focus();
    onSelect(next);
  };
  return (
    <div className={styles.scroller}>
      {/* biome-ignore lint/a11y/useSemanticElements: a table has no cells to choose from */}
      <div
        role="grid"
        tabIndex={-1}
        aria-label="Heads by layer"
        aria-rowcount={layers.length}
        aria-colcount={heads.length}
        className={styles.heads}
        style={{ '--heads': heads.length } as CSSProperties}
        onKeyDown={press}
      >
        {layers.map((layer, row) => (
          // biome-ignore lint/a11y/useSemanticElements: as above
          // biome-ignore lint/a11y/useFocusableInteractive: its cells take the focus
          <div key={layer} role="row" className={styles.layer}>
            {/* biome-ignore lint/a11y/useSemanticElements: as above */}
            {/* biome-ignore lint/a11y/useFocusableInteractive: as above */}
            <span role="rowheader" className={styles.layerName}>
              Layer {layer}
            </span>
            {heads.map((head, column) => {
              const chosen = row === place.row && column === place.column;
              return (
                // biome-ignore lint/a11y/useSemanticElements: as above
                // biome-ignore lint/a11y/useKeyWithClickEvents: keys are the grid's
                <div
                  key={head}
                  role="gridcell"
                  tabIndex={chosen ? 0 : -1}
                  data-place={`${row} ${column}`}
                  className={styles.head}
                  aria-label={`Layer ${layer}, head ${head}`}
                  aria-selected={chosen}
                  title={`Layer ${layer}, head ${head}`}
                  onClick={() => onSelect({ row, column })}
                >
                  <MatrixCanvas {...thumbnails[row]![column]!} />
                </div>
              );
            })}
          </div>
        ))}
      </div>
    </div>
  );
});
