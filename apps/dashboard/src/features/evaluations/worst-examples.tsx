import type { EvaluationItem } from '@heddle/client';
import { useQuery } from '@tanstack/react-query';
import { client } from '../../api/client.js';
import { DataTable } from '../../shared/data-table.js';
import { formatScore } from '../../shared/format.js';
import { Loaded } from '../../shared/loaded.js';
import { Section } from '../../shared/page.js';
import { ShareBar } from '../../shared/share-bar.js';
import { predictionText } from './prediction-text.js';

/** Items that are looked through for the worst; more would be pages without end. */
const MAX_READ = 2_000;
/** Rows of the table. */
const SHOWN = 10;

interface Worst {
  index: number;
  loss: number;
}

/** The examples of largest loss, with what was expected and what was answered. */
export function WorstExamples({ id, worst }: { id: string; worst: readonly Worst[] }) {
  const shown = worst.slice(0, SHOWN);
  const items = useQuery({
    queryKey: ['evaluation', id, 'worst'],
    queryFn: ({ signal }) => itemsAt(id, new Set(shown.map(({ index }) => index)), signal),
    staleTime: Number.POSITIVE_INFINITY,
  });
  if (shown.length === 0) return null;
  const most = Math.max(...shown.map(({ loss }) => loss), Number.MIN_VALUE);
  return (
    <Section title="Worst examples">
      <Loaded query={items} lines={shown.length}>
        {(found) => (
          <DataTable
            label="Examples of largest loss"
            rows={shown}
            keyOf={({ index }) => String(index)}
            columns={[
              {
                title: 'Line',
                numeric: true,
                cell: ({ index }) => found.get(index)?.line ?? `${index + 1}th`,
              },
              {
                title: 'Loss',
                cell: ({ loss }) => <ShareBar share={loss / most} text={formatScore(loss)} />,
              },
              { title: 'Expected', cell: ({ index }) => predictionText(found.get(index)?.expected) },
              { title: 'Predicted', cell: ({ index }) => answerText(found.get(index)) },
            ]}
          />
        )}
      </Loaded>
    </Section>
  );
}

export function answerText(item: EvaluationItem | undefined): string {
  return item?.error ? `${item.error.code}: ${item.error.message}` : predictionText(item?.predicted);
}

/** The items with these places, as far as they are among the first ones. */
async function itemsAt(
  id: string,
  places: ReadonlySet<number>,
  signal: AbortSignal,
): Promise<Map<number, EvaluationItem>> {
  const found = new Map<number, EvaluationItem>();
  let read = 0;
  for await (const item of client.evaluations.items(id, { limit: 100 }, { signal })) {
    if (places.has(item.index)) found.set(item.index, item);
    if (found.size === places.size || ++read >= MAX_READ) break;
  }
  return found;
}
