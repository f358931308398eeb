import { Button, Chip, Group, NativeSelect, Paper, Stack, TextInput } from '@mantine/core';
import { getRouteApi } from '@tanstack/react-router';
import { type FormEvent, useState } from 'react';
import styles from './filters.module.css';
import { JOB_SOURCES, JOB_STATUSES, type JobsSearch, jobsSearch } from './search.js';

const route = getRouteApi('/jobs');
const JOB_ID = /^job_[0-9a-z]{26}$/;

/** Filters live in the address, so that a filtered list can be kept and sent. */
export function Filters() {
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const change = (part: Partial<JobsSearch>) =>
    void navigate({ to: '/jobs', search: jobsSearch({ ...search, ...part }), replace: true });
  return (
    <Paper withBorder p="sm">
      <Stack gap="sm">
        <Chip.Group
          multiple
          value={search.status ?? []}
          onChange={(status) => change({ status: status as JobsSearch['status'] })}
        >
          <Group gap={6} role="group" aria-label="Status">
            {JOB_STATUSES.map((status) => (
              <Chip key={status} value={status} size="xs">
                {status}
              </Chip>
            ))}
          </Group>
        </Chip.Group>
        <div className={styles.fields}>
          <OpenJob />
          <Later
            label="Model"
            value={search.model}
            onChange={(model) => change({ model })}
            placeholder="sentiment"
          />
          <NativeSelect
            size="xs"
            label="Source"
            value={search.source ?? ''}
            data={[{ value: '', label: 'any' }, ...JOB_SOURCES]}
            onChange={({ currentTarget }) => change({ source: currentTarget.value as JobsSearch['source'] })}
          />
          <Later
            label="Metadata"
            value={search.metadata}
            onChange={(metadata) => change({ metadata })}
            placeholder="name=text"
          />
          <Later
            label="Batch"
            value={search.batch}
            onChange={(batch) => change({ batch })}
            placeholder="bat_…"
          />
          <TextInput
            className={styles.time}
            size="xs"
            type="datetime-local"
            label="Accepted after"
            value={search.after ?? ''}
            onChange={({ currentTarget }) => change({ after: currentTarget.value })}
          />
          <TextInput
            className={styles.time}
            size="xs"
            type="datetime-local"
            label="Accepted before"
            value={search.before ?? ''}
            onChange={({ currentTarget }) => change({ before: currentTarget.value })}
          />
          {Object.keys(search).length > 0 && (
            <Button size="xs" variant="subtle" onClick={() => void navigate({ to: '/jobs', search: {} })}>
              Clear
            </Button>
          )}
        </div>
      </Stack>
    </Paper>
  );
}

/** Goes to a job whose id one has. */
function OpenJob() {
  const navigate = route.useNavigate();
  const [id, setId] = useState('');
  const text = id.trim();
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (JOB_ID.test(text)) void navigate({ to: '/jobs/$id', params: { id: text } });
  };
  return (
    <form onSubmit={submit}>
      <TextInput
        size="xs"
        label="Open a job"
        placeholder="job_…, then Enter"
        value={id}
        onChange={({ currentTarget }) => setId(currentTarget.value)}
        error={text.length >= 30 && !JOB_ID.test(text) ? 'This is no id of a job' : undefined}
      />
    </form>
  );
}

interface LaterProps {
  label: string;
  placeholder: string;
  value: string | undefined;
  onChange: (value: string) => void;
}

/** A filter that holds once it is typed to its end: on Enter, or when one goes on. */
function Later({ label, placeholder, value = '', onChange }: LaterProps) {
  return (
    <TextInput
      key={value}
      size="xs"
      label={label}
      placeholder={placeholder}
      defaultValue={value}
      onBlur={({ currentTarget }) => {
        if (currentTarget.value.trim() !== value) onChange(currentTarget.value.trim());
      }}
      onKeyDown={({ key, currentTarget }) => {
        if (key === 'Enter') onChange(currentTarget.value.trim());
      }}
    />
  );
}
