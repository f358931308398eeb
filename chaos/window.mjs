/** What the queue holds, seen from outside. */
import { openDispatchQueue } from '@heddle/queue';

/** How many of these dispatches wait in the queue or are being handled. `rows`: { id, epoch, version_id } of jobs. */
export async function countKnown({ heddle, redis }, rows) {
  const connection = redis
    ? { kind: 'redis', url: redis.url }
    : { kind: 'postgres', url: heddle.database.url };
  const queue = await openDispatchQueue(connection);
  try {
    const versions = [...new Set(rows.map((row) => row.version_id))];
    const known = await Promise.all(
      versions.map((version) =>
        queue.known(
          version,
          rows.filter((row) => row.version_id === version),
        ),
      ),
    );
    return known.reduce((total, { size }) => total + size, 0);
  } finally {
    await queue.close();
  }
}
