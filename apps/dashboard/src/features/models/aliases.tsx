import type { Alias, Model } from '@heddle/client';
import { Stack, Text } from '@mantine/core';
import { useQueries } from '@tanstack/react-query';
import { client } from '../../api/client.js';
import { CALM_MS } from '../../api/queries.js';
import { DataTable } from '../../shared/data-table.js';
import { formatCount, formatScore, formatShare } from '../../shared/format.js';
import { Loaded, Nothing } from '../../shared/loaded.js';
import { When } from '../../shared/when.js';
import { Promote } from './promote.js';

/** Each alias with its canary, its shadow and what it pointed to before. */
export function Aliases({ model, mayChange }: { model: Model; mayChange: boolean }) {
  const names = Object.keys(model.aliases).sort();
  const aliases = useQueries({
    queries: names.map((name) => ({
      queryKey: ['alias', model.name, name],
      queryFn: ({ signal }: { signal: AbortSignal }) => client.aliases.get(model.name, name, { signal }),
      refetchInterval: CALM_MS,
    })),
  });
  return (
    <Stack gap="sm">
      {mayChange && <Promote model={model} />}
      {names.length === 0 && <Nothing title="There are no aliases" />}
      {aliases.map((alias, at) => (
        <Loaded key={names[at]} query={alias} lines={2}>
          {(data) => <AliasView alias={data} />}
        </Loaded>
      ))}
    </Stack>
  );
}

function AliasView({ alias }: { alias: Alias }) {
  const { name, version_number, canary, shadow, updated_at, history = [] } = alias;
  return (
    <section aria-label={name}>
      <Text>
        <b>{name}</b> points to version {version_number}
        {canary && `, with ${canary.percent} % of the jobs on version ${canary.version_number}`}
        {shadow && `, shadowed by version ${shadow.version_number}`}; changed <When at={updated_at} />
      </Text>
      {(shadow?.comparisons ?? []).map((comparison) => (
        <ShadowLine key={comparison.task} comparison={comparison} />
      ))}
      <details>
        <summary>History ({history.length})</summary>
        <DataTable
          label={`History of ${name}`}
          rows={history}
          keyOf={({ at, refused }) => `${at} ${refused}`}
          columns={[
            { title: 'When', cell: ({ at }) => <When at={at} exact /> },
            { title: 'Who', cell: ({ actor }) => actor.name },
            { title: 'From', cell: ({ from }) => from?.version ?? 'nothing' },
            { title: 'To', cell: ({ to }) => to?.version ?? 'nothing' },
            { title: 'Canary', cell: ({ to }) => (to?.canary ? `${to.canary.percent} %` : '') },
            { title: 'Forced', cell: ({ forced }) => (forced ? 'yes' : '') },
            { title: 'Refused', cell: ({ refused }) => refused ?? '' },
          ]}
        />
      </details>
    </section>
  );
}

type Comparison = NonNullable<NonNullable<Alias['shadow']>['comparisons']>[number];

/** How often the shadow decides otherwise, of what it was asked. */
function ShadowLine({ comparison }: { comparison: Comparison }) {
  const { task, agreement, decisions, jobs, dropped, failed, mean_score_difference: difference } = comparison;
  const disagreement = agreement === null ? null : 1 - agreement;
  return (
    <Text size="sm" c="dimmed">
      The shadow disagrees in {formatShare(disagreement)} of {formatCount(decisions)} decisions ({task});{' '}
      {formatCount(jobs)} jobs compared, {formatCount(failed)} failed, {formatCount(dropped)} left out
      {difference === null ? '' : `; scores differ by ${formatScore(difference)} on average`}
    </Text>
  );
}
