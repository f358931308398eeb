import type { Model, Task } from '@heddle/client';
import { Button, Checkbox, Group, Modal, NativeSelect, Stack } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { useMutation, useQuery } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { type FormEvent, useState } from 'react';
import { client } from '../../api/client.js';
import { CALM_MS } from '../../api/queries.js';
import { uploadFile } from '../../api/upload.js';
import { DropFile } from '../../shared/drop-file.js';
import { Loaded, Nothing } from '../../shared/loaded.js';
import { ProblemAlert } from '../../shared/problem.js';
import { UploadProgress } from '../../shared/upload-progress.js';
import { VersionSelect } from '../../shared/version-select.js';

/** Tasks without metrics, and zero-shot classification, whose labels are parameters. */
const NOT_OFFERED: readonly Task[] = [
  'attention',
  'embed',
  'replaced-token-detection',
  'zero-shot-classification',
];
/** Formats that need no mapping. */
const DATASETS = '.jsonl,.ndjson,.json,.tsv,.conll,.conllu,.txt';

/** Measures a version on a file. */
export function NewEvaluation() {
  const [opened, { open, close }] = useDisclosure(false);
  return (
    <>
      <Button size="xs" onClick={open}>
        New evaluation
      </Button>
      <Modal opened={opened} onClose={close} title="New evaluation" size="lg">
        <ModelsLoaded />
      </Modal>
    </>
  );
}

function ModelsLoaded() {
  const models = useQuery({
    queryKey: ['models'],
    queryFn: ({ signal }) => client.models.list({ limit: 100 }, { signal }).page(),
    staleTime: CALM_MS,
    select: ({ data }) => data.filter(({ tasks }) => measuredOf(tasks).length > 0),
  });
  return (
    <Loaded
      query={models}
      isEmpty={(data) => data.length === 0}
      empty={<Nothing title="There is no model to measure">Import one on the page of models.</Nothing>}
    >
      {(data) => <EvaluationForm models={data} />}
    </Loaded>
  );
}

function EvaluationForm({ models }: { models: readonly Model[] }) {
  const [name, setName] = useState(models[0]!.name);
  const model = models.find((one) => one.name === name) ?? models[0]!;
  const [version, setVersion] = useState(model.name);
  const [baseline, setBaseline] = useState('');
  const tasks = measuredOf(model.tasks);
  const [chosenTask, setTask] = useState<Task>(tasks[0]!);
  const task = tasks.includes(chosenTask) ? chosenTask : tasks[0]!;
  const [file, setFile] = useState<File | null>(null);
  const [skip, setSkip] = useState(false);
  const [sent, setSent] = useState(0);
  const navigate = useNavigate();
  const making = useMutation({
    mutationFn: async (chosen: File) => {
      const { id } = await uploadFile(chosen, 'dataset', { onProgress: setSent });
      return client.evaluations.create({
        model: version,
        dataset: id,
        task,
        invalid_lines: skip ? 'skip' : 'reject',
        ...(baseline === '' ? {} : { baseline }),
      });
    },
    onSuccess: ({ id }) => navigate({ to: '/evaluations/$id', params: { id } }),
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (file) making.mutate(file);
  };
  return (
    <form onSubmit={submit} aria-label="New evaluation">
      <Stack gap="sm">
        <Group grow align="flex-start">
          <NativeSelect
            label="Model"
            value={model.name}
            data={models.map((one) => one.name)}
            onChange={({ currentTarget }) => {
              setName(currentTarget.value);
              setVersion(currentTarget.value);
              setBaseline('');
            }}
          />
          <NativeSelect
            label="Task"
            value={task}
            data={tasks}
            onChange={({ currentTarget }) => setTask(currentTarget.value as Task)}
          />
        </Group>
        <Group grow align="flex-start">
          <VersionSelect label="Version" model={model} value={version} onChange={setVersion} />
          <VersionSelect label="Baseline" model={model} value={baseline} onChange={setBaseline} none="none" />
        </Group>
        <DropFile label="A data set" accept={DATASETS} file={file} onFile={setFile} />
        <Checkbox
          label="Leave out examples that do not fit the task"
          checked={skip}
          onChange={({ currentTarget }) => setSkip(currentTarget.checked)}
        />
        {making.isPending && <UploadProgress share={sent} bytes={file?.size ?? 0} />}
        {making.error && <ProblemAlert error={making.error} />}
        <Button type="submit" disabled={file === null} loading={making.isPending}>
          Evaluate
        </Button>
      </Stack>
    </form>
  );
}

function measuredOf(tasks: readonly Task[]): Task[] {
  return tasks.filter((task) => !NOT_OFFERED.includes(task));
}
