import type { Model, Task } from '@heddle/client';
import { Group, NativeSelect } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import { client } from '../../api/client.js';
import { CALM_MS } from '../../api/queries.js';
import { Loaded, Nothing } from '../../shared/loaded.js';
import { Page } from '../../shared/page.js';
import { Workbench } from './workbench.js';

const route = getRouteApi('/playground');

export function PlaygroundPage() {
  const models = useQuery({
    queryKey: ['models'],
    queryFn: ({ signal }) => client.models.list({ limit: 100 }, { signal }).page(),
    staleTime: CALM_MS,
    select: ({ data }) => data.filter(({ tasks }) => tasks.length > 0),
  });
  return (
    <Page title="Playground" about="Each try is a job like any other, of high priority.">
      <Loaded
        query={models}
        isEmpty={(data) => data.length === 0}
        empty={<Nothing title="There is no model to try">Import one on the page of models.</Nothing>}
      >
        {(data) => <Chosen models={data} />}
      </Loaded>
    </Page>
  );
}

/** The model and task of the address; the first ones where it names none that there are. */
function Chosen({ models }: { models: readonly Model[] }) {
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const model = models.find(({ name }) => name === search.model) ?? models[0]!;
  const task = model.tasks.find((one) => one === search.task) ?? model.tasks[0]!;
  const choose = (next: { model: string; task?: Task }) =>
    void navigate({ to: '/playground', search: next, replace: true });
  return (
    <>
      <Group>
        <NativeSelect
          label="Model"
          value={model.name}
          data={models.map(({ name }) => name)}
          onChange={({ currentTarget }) => choose({ model: currentTarget.value })}
        />
        <NativeSelect
          label="Task"
          value={task}
          data={[...model.tasks]}
          onChange={({ currentTarget }) => choose({ model: model.name, task: currentTarget.value as Task })}
        />
      </Group>
      <Workbench key={`${model.id} ${task}`} model={model} task={task} />
    </>
  );
}
