import type { OutputOf } from '@heddle/client';
import { Bars } from './bars.js';

/** Documents from the best to the worst, each with its place in what was sent. */
export function RankingView({
  documents,
  output,
}: {
  documents: readonly string[];
  output: OutputOf<'rerank'>;
}) {
  return (
    <Bars
      rows={output.results.map(({ index, score }, rank) => ({
        label: `${rank + 1}. ${documents[index] ?? ''} (document ${index})`,
        score,
      }))}
    />
  );
}
