import type { Model, Task } from '@heddle/client';
import { Button, Group, Kbd, Paper, Stack, Text } from '@mantine/core';
import { type FormEvent, type KeyboardEvent, useState } from 'react';
import { Section } from '../../shared/page.js';
import { VersionSelect } from '../../shared/version-select.js';
import { FIRST } from './attention/selection.js';
import { CopyAsPanel } from './copy-as-panel.js';
import { FieldInput } from './field-input.js';
import { FORMS, initialValues, submissionOf } from './forms.js';
import { Outcome } from './outcome.js';
import styles from './playground.module.css';
import { useRun } from './use-run.js';

/** The form of a task, and what one version answers, or two beside one another. */
export function Workbench({ model, task }: { model: Model; task: Task }) {
  const [values, setValues] = useState(() => initialValues(task));
  const [version, setVersion] = useState(model.name);
  const [other, setOther] = useState('');
  const [selection, setSelection] = useState(FIRST);
  const first = useRun();
  const second = useRun();
  const { inputs, parameters } = FORMS[task];
  const run = (event: FormEvent) => {
    event.preventDefault();
    first.mutate(submissionOf(task, version, values));
    if (other !== '') second.mutate(submissionOf(task, other, values));
  };
  const runByKey = (event: KeyboardEvent<HTMLElement>) => {
    if (event.key !== 'Enter' || !(event.ctrlKey || event.metaKey)) return;
    event.preventDefault();
    event.currentTarget.closest('form')?.requestSubmit();
  };
  const fields = (of: typeof inputs) =>
    of.map((field) => (
      <FieldInput
        key={field.name}
        field={field}
        value={values[field.name] ?? ''}
        onChange={(value) => setValues((before) => ({ ...before, [field.name]: value }))}
      />
    ));
  return (
    <>
      {/* Attention is wide: it stands below the form. */}
      <div className={task === 'attention' ? styles.stacked : styles.columns}>
        <Paper
          withBorder
          p="md"
          component="form"
          onSubmit={run}
          onKeyDown={runByKey}
          aria-label="What is sent"
        >
          <Stack gap="sm">
            <Group grow align="flex-start">
              <VersionSelect label="Version" model={model} value={version} onChange={setVersion} />
              <VersionSelect
                label="Compare with"
                model={model}
                value={other}
                onChange={(ref) => {
                  setOther(ref);
                  second.reset();
                }}
                none="nothing"
              />
            </Group>
            <div className={styles.fields}>{fields(inputs)}</div>
            {parameters.length > 0 && (
              // Without labels there is no zero-shot classification: lists are seen at once.
              <details open={parameters.some(({ kind }) => kind === 'lines')}>
                <summary className={styles.summary}>Parameters</summary>
                <Stack gap="sm" mt="xs">
                  {fields(parameters)}
                </Stack>
              </details>
            )}
            <Group gap="sm">
              <Button type="submit" loading={first.isPending || second.isPending}>
                Run
              </Button>
              <Text size="xs" c="dimmed" className={styles.hint}>
                or <Kbd size="xs">Ctrl</Kbd> <Kbd size="xs">Enter</Kbd>
              </Text>
            </Group>
          </Stack>
        </Paper>
        <div className={styles.outcomes}>
          <Outcome run={first} name={version} selection={selection} onSelect={setSelection} />
          {other !== '' && (
            <Outcome run={second} name={other} selection={selection} onSelect={setSelection} />
          )}
        </div>
      </div>
      <Section title="Copy as">
        <CopyAsPanel submission={submissionOf(task, version, values)} />
      </Section>
    </>
  );
}
