import type { Alias } from '@heddle/client';
import { Badge } from '@mantine/core';
import { DataTable } from '../../shared/data-table.js';
import { TextLink } from '../../shared/link.js';
import { When } from '../../shared/when.js';
import styles from './models.module.css';
import { useVersionNames } from './use-version-names.js';

type Change = NonNullable<Alias['history']>[number];

/** Changes of an alias, and tries that were refused, newest first. */
export function AliasHistory({
  model,
  name,
  history,
}: {
  model: string;
  name: string;
  history: readonly Change[];
}) {
  const nameOf = useVersionNames(model);
  const targetOf = (target: Change['to']) => {
    if (target === null) return 'nothing';
    const { version, canary, shadow } = target;
    return [
      nameOf(version),
      ...(canary ? [`canary ${nameOf(canary.version)} ${canary.percent} %`] : []),
      ...(shadow ? [`shadow ${nameOf(shadow)}`] : []),
    ].join(', ');
  };
  return (
    <details>
      <summary className={styles.summary}>History ({history.length})</summary>
      <DataTable
        label={`History of ${name}`}
        rows={history}
        keyOf={({ at, refused }) => `${at} ${refused}`}
        columns={[
          { title: 'When', cell: ({ at }) => <When at={at} exact /> },
          { title: 'Who', cell: ({ actor }) => actor.name },
          { title: 'From', cell: ({ from }) => targetOf(from) },
          { title: 'To', cell: ({ to }) => targetOf(to) },
          { title: 'Outcome', cell: (change) => <ChangeOutcome change={change} /> },
          {
            title: 'Evaluation',
            cell: ({ evaluation }) =>
              evaluation === null ? (
                ''
              ) : (
                <TextLink to="/evaluations/$id" params={{ id: evaluation }}>
                  {evaluation.slice(-6)}
                </TextLink>
              ),
          },
        ]}
      />
    </details>
  );
}

function ChangeOutcome({ change: { refused, forced } }: { change: Change }) {
  if (refused !== null)
    return (
      <Badge color="red" variant="light" tt="none">
        refused: {refused}
      </Badge>
    );
  return (
    <Badge color={forced ? 'orange' : 'green'} variant="light" tt="none">
      {forced ? 'forced' : 'made'}
    </Badge>
  );
}
