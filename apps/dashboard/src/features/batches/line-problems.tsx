import type { Batch } from '@heddle/client';
import { Alert, Text } from '@mantine/core';
import { type Column, DataTable } from '../../shared/data-table.js';
import { formatCount } from '../../shared/format.js';
import { Section } from '../../shared/page.js';

const COLUMNS: readonly Column<Batch['errors'][number]>[] = [
  { title: 'Line', cell: ({ line }) => line ?? 'the file' },
  { title: 'Id', cell: ({ custom_id }) => custom_id },
  { title: 'Code', cell: ({ code }) => <code>{code}</code> },
  { title: 'What is wrong', cell: ({ message }) => message },
];

/** What is wrong with the file of a batch, line by line. */
export function LineProblems({ batch: { status, errors, error_count } }: { batch: Batch }) {
  if (errors.length === 0) return null;
  return (
    <Section title={`Problems (${formatCount(error_count)})`}>
      {status === 'failed' && (
        <Alert color="red" title="The file was refused" role="status">
          <Text size="sm">None of its lines has run. Mend what is wrong and send it again.</Text>
        </Alert>
      )}
      <DataTable
        label="Problems by line"
        rows={errors}
        columns={COLUMNS}
        keyOf={({ line, code, custom_id }) => `${line} ${code} ${custom_id}`}
      />
      {error_count > errors.length && (
        <Text size="sm" c="dimmed">
          These are the first {formatCount(errors.length)}.
        </Text>
      )}
    </Section>
  );
}
