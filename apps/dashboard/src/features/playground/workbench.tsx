import type { Model, Task } from '@heddle/client';
import { Button, Group, Paper, Stack } from '@mantine/core';
import { type FormEvent, useState } from 'react';
import { Section } from '../../shared/page.js';
import { CopyAsPanel } from './copy-as-panel.js';
import { FieldInput } from './field-input.js';
import { FORMS, initialValues, submissionOf } from './forms.js';
import { VersionSelect } from './model-select.js';
import { Outcome } from './outcome.js';
import styles from './playground.module.css';
import { useRun } from './use-run.js';

/** The form of a task, and what one version answers, or two beside one another. */
export function Workbench({ model, task }: { model: Model; task: Task }) {
  const [values, setValues] = useState(() => initialValues(task));
  const [version, setVersion] = useState(model.name);
  const [other, setOther] = useState('');
  const first = useRun();
  const second = useRun();
  const { inputs, parameters } = FORMS[task];
  const run = (event: FormEvent) => {
    event.preventDefault();
    first.mutate(submissionOf(task, version, values));
    if (other !== '') second.mutate(submissionOf(task, other, values));
  };
  return (
    <>
      <div className={styles.columns}>
        <Paper withBorder p="sm" component="form" onSubmit={run} aria-label="What is sent">
          <Stack gap="sm">
            <Group grow>
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
            {[...inputs, ...parameters].map((field) => (
              <FieldInput
                key={field.name}
                field={field}
                value={values[field.name] ?? ''}
                onChange={(value) => setValues((before) => ({ ...before, [field.name]: value }))}
              />
            ))}
            <Button type="submit" loading={first.isPending || second.isPending}>
              Run
            </Button>
          </Stack>
        </Paper>
        <Stack gap="sm">
          <Outcome run={first} name={version} />
          {other !== '' && <Outcome run={second} name={other} />}
        </Stack>
      </div>
      <Section title="Copy as">
        <CopyAsPanel submission={submissionOf(task, version, values)} />
      </Section>
    </>
  );
}
