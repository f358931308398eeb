import type { Job } from '@heddle/client';
import { Table } from '@mantine/core';
import { useVirtualizer } from '@tanstack/react-virtual';
import { useEffect, useRef } from 'react';
import { formatCount, formatDuration, shortId } from '../../shared/format.js';
import { TextLink } from '../../shared/link.js';
import { StatusBadge } from '../../shared/status.js';
import { When } from '../../shared/when.js';
import styles from './job-table.module.css';

/** Height of a row in pixels; that of job-table.module.css. */
const ROW_PX = 40;
/** Rows beyond those in sight. */
const OVERSCAN = 12;
/** Rows before the last at which more are asked for: who scrolls on does not wait. */
const ASK_AHEAD = 50;

/** Titles with what their cells look like; minor ones are left out on phones. */
const COLUMNS: readonly (readonly [title: string, className?: string])[] = [
  ['Job'],
  ['Status'],
  ['Version'],
  ['Task', styles.minor],
  ['Source', styles.minor],
  ['Inputs', `${styles.minor} ${styles.numeric}`],
  ['Tokens', `${styles.minor} ${styles.numeric}`],
  ['Took', styles.numeric],
  ['Accepted', styles.numeric],
];

interface JobTableProps {
  jobs: readonly Job[];
  hasMore: boolean;
  /** The last rows are close. */
  onEnd: () => void;
}

/** However many jobs: only rows in sight are in the page. */
export function JobTable({ jobs, hasMore, onEnd }: JobTableProps) {
  const scroller = useRef<HTMLElement>(null);
  const virtual = useVirtualizer({
    count: jobs.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => ROW_PX,
    overscan: OVERSCAN,
    getItemKey: (at) => jobs[at]!.id,
  });
  const rows = virtual.getVirtualItems();
  const first = rows[0];
  const last = rows.at(-1);
  const nearEnd = last !== undefined && last.index >= jobs.length - ASK_AHEAD;
  // biome-ignore lint/correctness/useExhaustiveDependencies: asked once for each end that is reached
  useEffect(() => {
    if (nearEnd && hasMore && (scroller.current?.scrollTop ?? 0) > 0) onEnd();
  }, [nearEnd, hasMore, jobs.length]);

  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: whoever has no pointer scrolls it with the arrow keys
    <section className={styles.scroller} ref={scroller} tabIndex={0} aria-label="Jobs">
      <Table stickyHeader highlightOnHover horizontalSpacing="md" aria-label="Jobs" aria-rowcount={hasMore ? -1 : jobs.length + 1}>
        <Table.Thead>
          <Table.Tr>
            {COLUMNS.map(([title, className]) => (
              <Table.Th key={title} scope="col" className={className}>
                {title}
              </Table.Th>
            ))}
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          <Gap height={first?.start ?? 0} />
          {rows.map(({ index, key }) => (
            <Row key={String(key)} job={jobs[index]!} index={index} />
          ))}
          <Gap height={last ? virtual.getTotalSize() - last.end : 0} />
        </Table.Tbody>
      </Table>
    </section>
  );
}

function Row({ job, index }: { job: Job; index: number }) {
  const { id, status, model, version_number, task, source, counts, usage, timing, created_at } = job;
  return (
    <Table.Tr className={styles.row} aria-rowindex={index + 2}>
      <Table.Td>
        <TextLink to="/jobs/$id" params={{ id }}>
          {shortId(id)}
        </TextLink>
      </Table.Td>
      <Table.Td>
        <StatusBadge status={status} />
      </Table.Td>
      <Table.Td>
        {model}@{version_number}
      </Table.Td>
      <Table.Td className={COLUMNS[3]![1]}>{task}</Table.Td>
      <Table.Td className={COLUMNS[4]![1]}>{source}</Table.Td>
      <Table.Td className={COLUMNS[5]![1]}>
        {formatCount(counts.total)}
        {counts.failed > 0 && `, ${formatCount(counts.failed)} failed`}
      </Table.Td>
      <Table.Td className={COLUMNS[6]![1]}>{formatCount(usage?.tokens)}</Table.Td>
      <Table.Td className={COLUMNS[7]![1]}>{formatDuration(timing?.total_ms)}</Table.Td>
      <Table.Td className={COLUMNS[8]![1]}>
        <When at={created_at} />
      </Table.Td>
    </Table.Tr>
  );
}

/** Stands in for the rows that are not in the page. */
function Gap({ height }: { height: number }) {
  if (height <= 0) return null;
  return (
    <tr>
      <td colSpan={9} style={{ height, padding: 0 }} />
    </tr>
  );
}
