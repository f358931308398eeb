import type { Worker } from '@heddle/client';
import { client } from '../../api/client.js';
import { LIVE_MS } from '../../api/queries.js';
import { Facts } from '../../shared/facts.js';
import { formatBytes, formatCount } from '../../shared/format.js';
import { Loaded, Nothing } from '../../shared/loaded.js';
import { More } from '../../shared/more.js';
import { Page } from '../../shared/page.js';
import { useList } from '../../shared/use-list.js';
import { WorkerCard } from './worker-card.js';
import styles from './workers.module.css';

export function WorkersPage() {
  const { query, rows } = useList({
    key: ['workers'],
    page: (cursor, signal) => client.workers.list({ limit: 100 }, { signal }).page(cursor),
    everyMs: LIVE_MS,
  });
  return (
    <Page title="Workers" about="The processes that run the models, and what each holds.">
      <Loaded
        query={query}
        isEmpty={() => rows.length === 0}
        empty={<Nothing title="There is no worker">Jobs are accepted, and wait until one starts.</Nothing>}
      >
        {() => (
          <>
            <Totals workers={rows} />
            <div className={styles.fleet}>
              {rows.map((worker) => (
                <WorkerCard key={worker.id} worker={worker} />
              ))}
            </div>
            <More query={query} />
          </>
        )}
      </Loaded>
    </Page>
  );
}

function Totals({ workers }: { workers: readonly Worker[] }) {
  const taking = workers.filter(({ status }) => status === 'ready' || status === 'busy');
  const present = workers.filter(({ status }) => status !== 'lost');
  const sum = (of: (worker: Worker) => number) => present.reduce((total, worker) => total + of(worker), 0);
  return (
    <Facts
      facts={[
        ['Taking jobs', `${taking.length} of ${workers.length}`],
        ['Jobs running', formatCount(sum(({ jobs_running }) => jobs_running))],
        ['Threads', formatCount(sum(({ threads }) => threads))],
        ['Memory of models', formatBytes(sum(memoryOf))],
      ]}
    />
  );
}

function memoryOf({ versions }: Worker): number {
  return versions.reduce((total, { rss_bytes }) => total + rss_bytes, 0);
}
