import type { ItemResult, Job } from '@heddle/client';
import { Alert, Button, Paper, Spoiler, Stack, Text } from '@mantine/core';
import { useState } from 'react';
import { Json } from '../../shared/json.js';
import { Nothing } from '../../shared/loaded.js';
import { Section } from '../../shared/page.js';
import { OutputView } from '../../tasks/output-view.js';
import styles from './results.module.css';

/** Inputs that are shown at first, and more each time. */
const STEP = 20;
/** Pixels of an input that are shown before somebody asks for all of it. */
const INPUT_HEIGHT_PX = 160;

/** Each input with its output, or why there is none. */
export function Results({ job }: { job: Job }) {
  const [shown, setShown] = useState(STEP);
  const { inputs, results } = job;
  if (job.data_removed || !inputs)
    return (
      <Section title="Inputs and outputs">
        <Nothing title="They are no longer kept" />
      </Section>
    );
  return (
    <Section title="Inputs and outputs">
      <Stack gap="sm">
        {inputs.slice(0, shown).map((input, at) => (
          <Item
            key={`${job.id} ${results?.[at]?.index ?? at}`}
            job={job}
            at={at}
            input={input}
            result={results?.[at]}
          />
        ))}
        {inputs.length > shown && (
          <Button variant="default" onClick={() => setShown(shown + STEP)}>
            Show more of {inputs.length}
          </Button>
        )}
      </Stack>
    </Section>
  );
}

interface ItemProps {
  job: Job;
  at: number;
  input: unknown;
  result: ItemResult | undefined;
}

function Item({ job, at, input, result }: ItemProps) {
  return (
    <Paper withBorder p="md">
      <Stack gap="xs">
        <Text size="xs" c="dimmed">
          Input {at}
          {result?.id === undefined ? '' : ` · ${result.id}`}
        </Text>
        <Spoiler maxHeight={INPUT_HEIGHT_PX} showLabel="Show all of it" hideLabel="Show less">
          {typeof input === 'string' ? <Text className={styles.text}>{input}</Text> : <Json value={input} />}
        </Spoiler>
        {result?.error && (
          <Alert color="red" title={result.error.code}>
            {result.error.message}
          </Alert>
        )}
        {result?.output && (
          <OutputView task={job.task} input={input} output={result.output} parameters={job.parameters} />
        )}
      </Stack>
    </Paper>
  );
}
