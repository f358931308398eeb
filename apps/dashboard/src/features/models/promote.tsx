import { ApiError, answerInfo, type Model } from '@heddle/client';
import {
  Button,
  Checkbox,
  Modal,
  NativeSelect,
  SegmentedControl,
  Stack,
  Text,
  TextInput,
} from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { client } from '../../api/client.js';
import { ProblemAlert } from '../../shared/problem.js';
import { aliasQuery } from './alias-query.js';
import { type PromotionKind, promotedTarget } from './alias-target.js';
import { CanaryShare } from './canary-share.js';
import { Evidence } from './evidence.js';
import { FailedGates } from './failed-gates.js';

const KINDS: readonly { value: PromotionKind; label: string }[] = [
  { value: 'all', label: 'All jobs' },
  { value: 'canary', label: 'Canary' },
  { value: 'shadow', label: 'Shadow' },
];
const VERBS: Record<PromotionKind, string> = {
  all: 'Promote',
  canary: 'Start the canary',
  shadow: 'Start the shadow',
};
/** Percent of the jobs that a canary begins with. */
const FIRST_PERCENT = 10;

/** Moves an alias, or gives a version a part of its jobs; says which gates hold. */
export function Promote({ model }: { model: Model }) {
  const [opened, { open, close }] = useDisclosure(false);
  return (
    <>
      <Button size="xs" variant="light" w="fit-content" onClick={open}>
        Promote a version
      </Button>
      <Modal opened={opened} onClose={close} title="Promote a version" size="xl">
        <PromoteForm model={model} onDone={close} />
      </Modal>
    </>
  );
}

function PromoteForm({ model, onDone }: { model: Model; onDone: () => void }) {
  const [name, setName] = useState(Object.keys(model.aliases)[0] ?? 'production');
  const [chosen, setChosen] = useState('');
  const [wanted, setKind] = useState<PromotionKind>('all');
  const [percent, setPercent] = useState(FIRST_PERCENT);
  const [force, setForce] = useState(false);
  const queries = useQueryClient();
  const versions = useQuery({
    queryKey: ['versions', model.name, 'ready'],
    queryFn: ({ signal }) =>
      client.versions.list(model.name, { status: ['ready'], limit: 100 }, { signal }).page(),
  });
  const current = model.aliases[name];
  const alias = useQuery({ ...aliasQuery(model.name, name), enabled: current !== undefined });
  const ready = versions.data?.data ?? [];
  const version = chosen || ready[0]?.id || '';
  // A trial is of another version beside the one that the alias points to.
  const mayTry = current !== undefined && version !== current;
  const kind = mayTry ? wanted : 'all';
  const promoting = useMutation({
    mutationFn: () => {
      const target = promotedTarget(alias.data, version, kind, percent);
      const ifMatch = (alias.data && answerInfo(alias.data)?.etag) ?? undefined;
      return client.aliases.set(model.name, name, { ...target, ...(force ? { force } : {}) }, { ifMatch });
    },
    onSettled: () =>
      Promise.all(
        [
          ['alias', model.name],
          ['model', model.name],
        ].map((queryKey) => queries.invalidateQueries({ queryKey })),
      ),
    onSuccess: onDone,
  });
  const changed =
    <T,>(set: (value: T) => void) =>
    (value: T) => {
      set(value);
      setForce(false);
      promoting.reset();
    };
  const isGated = kind === 'all' && mayTry && model.gated.includes(name) && model.gates.length > 0;
  const isBlocked = promoting.error instanceof ApiError && promoting.error.code === 'promotion-blocked';
  const submit = (event: FormEvent) => {
    event.preventDefault();
    promoting.mutate();
  };
  return (
    <form onSubmit={submit}>
      <Stack gap="md">
        <TextInput
          label="Alias"
          description="One that there is, or a new one"
          required
          value={name}
          onChange={({ currentTarget }) => changed(setName)(currentTarget.value)}
        />
        <NativeSelect
          label="Version"
          value={version}
          data={ready.map(({ id, number, precision }) => ({
            value: id,
            label: `${number} (${precision})${id === current ? ', where it points now' : ''}`,
          }))}
          onChange={({ currentTarget }) => changed(setChosen)(currentTarget.value)}
        />
        {mayTry && (
          <div>
            <SegmentedControl
              aria-label="How it comes in"
              data={[...KINDS]}
              value={kind}
              onChange={changed(setKind)}
            />
            <Text size="sm" c="dimmed" mt={4}>
              {kind === 'all' && 'Every job that is accepted from then on goes to it. Trials end.'}
              {kind === 'canary' && 'A part of the jobs goes to it, the others stay.'}
              {kind === 'shadow' && 'It answers the same jobs again, for comparison; callers never see it.'}
            </Text>
          </div>
        )}
        {kind === 'canary' && <CanaryShare percent={percent} onChange={setPercent} />}
        {version !== '' && version !== current && (
          <Evidence model={model} version={version} current={current} gates={isGated ? model.gates : []} />
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
          disabled={version === '' || (current !== undefined && !alias.data) || (isBlocked && !force)}
          loading={promoting.isPending}
        >
          {VERBS[kind]}
        </Button>
      </Stack>
    </form>
  );
}
