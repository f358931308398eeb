import type { Job } from '@heddle/client';
import { Alert, Button, Paper, Stack, Text } from '@mantine/core';
import { useState } from 'react';
import { Json } from '../../shared/json.js';
import { Nothing } from '../../shared/loaded.js';
import { Section } from '../../shared/page.js';
import { OutputView } from '../../tasks/output-view.js';

/** Inputs that are shown at first, and more each time. */
const STEP = 20;

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
        {inputs.slice(0, shown).map((input, at) => {
          const result = results?.[at];
          return (
            <Paper key={`${job.id} ${result?.index ?? at}`} withBorder p="sm">
              <Text size="xs" c="dimmed">
                Input {at}
                {result?.id === undefined ? '' : ` · ${result.id}`}
              </Text>
              {typeof input === 'string' ? <Text>{input}</Text> : <Json value={input} />}
              {result?.error && (
                <Alert color="red" title={result.error.code}>
                  {result.error.message}
                </Alert>
              )}
              {result?.output && (
                <OutputView
                  task={job.task}
                  input={input}
                  output={result.output}
                  parameters={job.parameters}
                />
              )}
            </Paper>
          );
        })}
        {inputs.length > shown && (
          <Button variant="default" onClick={() => setShown(shown + STEP)}>
            Show more of {inputs.length}
          </Button>
        )}
      </Stack>
    </Section>
  );
}
