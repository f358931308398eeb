import { Autocomplete, Button, Code, Collapse, Group, Paper, Progress, Stack, Text } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { useMutation, useQuery } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { type FormEvent, useState } from 'react';
import { client } from '../../api/client.js';
import { CALM_MS } from '../../api/queries.js';
import { uploadFile } from '../../api/upload.js';
import { DropFile } from '../../shared/drop-file.js';
import { ProblemAlert } from '../../shared/problem.js';
import { OptionFields } from './option-fields.js';
import { batchBody, NO_OPTIONS } from './options.js';

/** Uploads a file and runs its lines. */
export function NewBatch() {
  const [file, setFile] = useState<File | null>(null);
  const [model, setModel] = useState('');
  const [options, setOptions] = useState(NO_OPTIONS);
  const [opened, { toggle }] = useDisclosure(false);
  const [sent, setSent] = useState(0);
  const navigate = useNavigate();
  const models = useQuery({
    queryKey: ['models', 'first'],
    queryFn: ({ signal }) => client.models.list({ limit: 100 }, { signal }).page(),
    staleTime: CALM_MS,
  });
  const known = models.data?.data ?? [];
  const making = useMutation({
    mutationFn: async (chosen: File) => {
      // What is wrong with the options is told before anything is sent.
      const body = batchBody('', model, options);
      const { id } = await uploadFile(chosen, 'batch', { onProgress: setSent });
      return client.batches.create({ ...body, file: id });
    },
    onSuccess: ({ id }) => navigate({ to: '/batches/$id', params: { id } }),
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (file) making.mutate(file);
  };
  return (
    <Paper withBorder p="md" component="form" onSubmit={submit} aria-label="New batch">
      <Stack gap="md">
        <DropFile label="A file of JSON lines" accept=".jsonl,.ndjson,.json" file={file} onFile={setFile} />
        <Text size="xs" c="dimmed">
          One request a line: <Code>{'{"custom_id": "a1", "input": "What a day!"}'}</Code>
        </Text>
        <Group align="flex-end">
          <Autocomplete
            label="Model"
            placeholder="sentiment, sentiment@3"
            required
            data={known.flatMap(({ name, aliases }) => [
              name,
              ...Object.keys(aliases).map((alias) => `${name}@${alias}`),
            ])}
            value={model}
            onChange={setModel}
          />
          <Button type="submit" disabled={file === null} loading={making.isPending}>
            Run
          </Button>
          <Button variant="subtle" onClick={toggle} aria-expanded={opened}>
            {opened ? 'Fewer options' : 'More options'}
          </Button>
        </Group>
        <Collapse expanded={opened}>
          <OptionFields
            options={options}
            onChange={(part) => setOptions({ ...options, ...part })}
            tasks={known.find(({ name }) => name === model.split('@')[0])?.tasks ?? []}
          />
        </Collapse>
        {making.isPending && <Progress value={sent * 100} aria-label="Sent" />}
        {making.error && <ProblemAlert error={making.error} />}
      </Stack>
    </Paper>
  );
}
