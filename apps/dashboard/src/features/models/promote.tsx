import { ApiError, type Model } from '@heddle/client';
import { Button, Checkbox, List, Modal, NativeSelect, Slider, Stack, Text, TextInput } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { client } from '../../api/client.js';
import { ProblemAlert } from '../../shared/problem.js';
import { gateText } from './gate-text.js';

/** Largest share of a canary; more is a promotion. */
const MAX_CANARY_PERCENT = 99;

/** Moves an alias, or gives a version a part of its jobs; says which gates hold. */
export function Promote({ model }: { model: Model }) {
  const [opened, { open, close }] = useDisclosure(false);
  return (
    <>
      <Button size="xs" variant="light" w="fit-content" onClick={open}>
        Promote a version
      </Button>
      <Modal opened={opened} onClose={close} title="Promote a version" size="lg">
        <PromoteForm model={model} onDone={close} />
      </Modal>
    </>
  );
}

function PromoteForm({ model, onDone }: { model: Model; onDone: () => void }) {
  const [alias, setAlias] = useState(Object.keys(model.aliases)[0] ?? 'production');
  const [chosen, setChosen] = useState('');
  const [percent, setPercent] = useState(0);
  const [force, setForce] = useState(false);
  const queries = useQueryClient();
  const versions = useQuery({
    queryKey: ['versions', model.name, 'ready'],
    queryFn: ({ signal }) =>
      client.versions.list(model.name, { status: ['ready'], limit: 100 }, { signal }).page(),
  });
  const ready = versions.data?.data ?? [];
  const version = chosen || ready[0]?.id || '';
  const current = model.aliases[alias];
  const asCanary = percent > 0 && current !== undefined;
  const promoting = useMutation({
    mutationFn: () =>
      client.aliases.set(model.name, alias, {
        ...(asCanary ? { version: current, canary: { version, percent } } : { version }),
        ...(force ? { force } : {}),
      }),
    onSuccess: async () => {
      await Promise.all(
        [
          ['alias', model.name],
          ['model', model.name],
        ].map((queryKey) => queries.invalidateQueries({ queryKey })),
      );
      onDone();
    },
  });
  const isGated = model.gated.includes(alias) && model.gates.length > 0;
  const isBlocked = promoting.error instanceof ApiError && promoting.error.code === 'promotion-blocked';
  const submit = (event: FormEvent) => {
    event.preventDefault();
    promoting.mutate();
  };
  return (
    <form onSubmit={submit}>
      <Stack gap="sm">
        <TextInput
          label="Alias"
          description="One that there is, or a new one"
          required
          value={alias}
          onChange={({ currentTarget }) => setAlias(currentTarget.value)}
        />
        <NativeSelect
          label="Version"
          value={version}
          data={ready.map(({ id, number, precision }) => ({
            value: id,
            label: `${number} (${precision})${id === current ? ', where it points now' : ''}`,
          }))}
          onChange={({ currentTarget }) => setChosen(currentTarget.value)}
        />
        {current !== undefined && (
          <div>
            <Text size="sm">
              {percent === 0 ? 'All jobs, at once' : `${percent} % of the jobs, as a canary; the others stay`}
            </Text>
            <Slider
              min={0}
              max={MAX_CANARY_PERCENT}
              value={percent}
              onChange={setPercent}
              thumbLabel="Percent of the jobs, 0 for all of them at once"
            />
          </div>
        )}
        {isGated && (
          <div>
            <Text size="sm">An evaluation of the version must have met:</Text>
            <List size="sm">
              {model.gates.map((gate) => (
                <List.Item key={gateText(gate)}>{gateText(gate)}</List.Item>
              ))}
            </List>
          </div>
        )}
        {promoting.error && <ProblemAlert error={promoting.error} />}
        {isBlocked && <FailedGates error={promoting.error as ApiError} />}
        {isBlocked && (
          <Checkbox
            label="Promote it all the same; this is kept in the history"
            checked={force}
            onChange={({ currentTarget }) => setForce(currentTarget.checked)}
          />
        )}
        <Button
          type="submit"
          color={force ? 'red' : undefined}
          disabled={version === ''}
          loading={promoting.isPending}
        >
          {asCanary ? 'Start the canary' : 'Promote'}
        </Button>
      </Stack>
    </form>
  );
}

interface FailedGate {
  metric: string;
  required: number;
  actual: number | null;
  reason?: string;
}

/** Which gates are not met, and by how much. */
function FailedGates({ error }: { error: ApiError }) {
  const gates = (error.problem?.failed_gates ?? []) as FailedGate[];
  return (
    <List size="sm">
      {gates.map(({ metric, required, actual, reason }) => (
        <List.Item key={`${metric} ${required}`}>
          {metric}: {actual === null ? 'not known' : actual.toFixed(4)}, required {required}
          {reason === undefined ? '' : ` (${reason})`}
        </List.Item>
      ))}
    </List>
  );
}
