import { type PoolLoad, servesModel } from '@heddle/contracts';
import type { PoolToDecide, QueueRecord } from '@heddle/store';

type Named = Pick<PoolToDecide, 'name' | 'models'>;

/**
 * What each of the pools that are decided about has to do. A queue is the work of the pools that name its model, and of those
 * that serve all where none does; several share it alike. Paused ones are nobody's. Imports are work of the pools that serve
 * all, and of each where there is none.
 */
export function loadsOf(
  deciding: PoolToDecide[],
  everyPool: Named[],
  queues: QueueRecord[],
  imports: number,
): Map<string, PoolLoad> {
  const open = queues.filter(({ paused }) => !paused);
  const servers = new Map(open.map((queue) => [queue.id, serversOf(queue, everyPool)]));
  const serveAll = everyPool.filter(({ models }) => models === null).map(({ name }) => name);
  const importers = serveAll.length > 0 ? serveAll : everyPool.map(({ name }) => name);
  return new Map(
    deciding.map(({ name, at, busy, workers, speeds }) => {
      const own = open.filter(({ id }) => servers.get(id)!.includes(name));
      const load: PoolLoad = {
        at,
        busy,
        workers,
        otherWork: imports > 0 && importers.includes(name),
        queues: own.map((queue) => ({
          id: queue.id,
          tokens: (queue.queuedTokens + queue.runningTokens) / servers.get(queue.id)!.length,
          tokensPerS: speeds[queue.id] ?? null,
        })),
      };
      return [name, load];
    }),
  );
}

function serversOf({ model }: QueueRecord, pools: Named[]): string[] {
  const naming = pools.filter(({ models }) => models !== null && servesModel(models, model));
  return (naming.length > 0 ? naming : pools.filter(({ models }) => models === null)).map(({ name }) => name);
}
