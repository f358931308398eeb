import type { Job } from '@heddle/client';
import { Table } from '@mantine/core';
import { useVirtualizer } from '@tanstack/react-virtual';
import { type ReactNode, useEffect, useRef } from 'react';
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

interface Column {
  title: string;
  /** In rem: widths that went by what is in sight would jump while one scrolls. */
  width: number;
  className?: string;
  cell: (job: Job) => ReactNode;
}

/** Minor ones are left out on phones. */
const COLUMNS: readonly Column[] = [
  {
    title: 'Job',
    width: 10,
    cell: ({ id }) => (
      <TextLink to="/jobs/$id" params={{ id }}>
        {shortId(id)}
      </TextLink>
    ),
  },
  { title: 'Status', width: 7.25, cell: ({ status }) => <StatusBadge status={status} /> },
  { title: 'Version', width: 8, cell: ({ model, version_number }) => `${model}@${version_number}` },
  { title: 'Task', width: 10.5, className: styles.minor, cell: ({ task }) => task },
  { title: 'Source', width: 5, className: styles.minor, cell: ({ source }) => source },
  { title: 'Inputs', width: 5.5, className: `${styles.minor} ${styles.numeric}`, cell: inputsOf },
  {
    title: 'Tokens',
    width: 5,
    className: `${styles.minor} ${styles.numeric}`,
    cell: ({ usage }) => formatCount(usage?.tokens),
  },
  {
    title: 'Took',
    width: 5,
    className: styles.numeric,
    cell: ({ timing }) => formatDuration(timing?.total_ms),
  },
  {
    title: 'Accepted',
    width: 6.5,
    className: styles.numeric,
    cell: ({ created_at }) => <When at={created_at} />,
  },
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
      <Table
        layout="fixed"
        stickyHeader
        highlightOnHover
        aria-label="Jobs"
        aria-rowcount={hasMore ? -1 : jobs.length + 1}
      >
        <Table.Thead>
          <Table.Tr>
            {COLUMNS.map(({ title, width, className }) => (
              <Table.Th key={title} scope="col" w={`${width}rem`} className={className}>
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
  return (
    <Table.Tr className={styles.row} aria-rowindex={index + 2}>
      {COLUMNS.map(({ title, className, cell }) => (
        <Table.Td key={title} className={className}>
          {cell(job)}
        </Table.Td>
      ))}
    </Table.Tr>
  );
}

function inputsOf({ counts }: Job): string {
  const failed = counts.failed > 0 ? `, ${formatCount(counts.failed)} failed` : '';
  return `${formatCount(counts.total)}${failed}`;
}

/** Stands in for the rows that are not in the page. */
function Gap({ height }: { height: number }) {
  if (height <= 0) return null;
  return (
    <tr>
      <td colSpan={COLUMNS.length} style={{ height, padding: 0 }} />
    </tr>
  );
}
