import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';

const PAGE = fileURLToPath(new URL('../../../docs/metrics.md', import.meta.url));

/** The labels of each metric that docs/metrics.md has. */
export async function documentedMetrics(): Promise<Map<string, Set<string>>> {
  const page = await readFile(PAGE, 'utf8');
  const rows = page.split('\n').filter((line) => line.startsWith('| `heddle_'));
  const named = rows.flatMap((row) => [...row.split('|')[1]!.matchAll(/`(heddle_\w+)(?:\{([\w,]+)\})?`/g)]);
  return new Map(named.map(([, name, labels]) => [name!, new Set(labels?.split(',') ?? [])]));
}
