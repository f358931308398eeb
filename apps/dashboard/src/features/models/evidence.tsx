import type { Evaluation, Model } from '@heddle/client';
import { Badge, Stack, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { client } from '../../api/client.js';
import { DataTable } from '../../shared/data-table.js';
import { TextLink } from '../../shared/link.js';
import { Loaded } from '../../shared/loaded.js';
import { When } from '../../shared/when.js';
import { evidenceOf, gateEvidence } from './gate-evidence.js';
import { gateText } from './gate-text.js';

interface EvidenceProps {
  model: Model;
  version: string;
  /** Where the alias points now. */
  current: string | undefined;
  /** That the version has to meet; empty where none hold. */
  gates: Model['gates'];
}

/** What evaluations say of a version: its gates, and how it differs from the version that is there now. */
export function Evidence({ model, version, current, gates }: EvidenceProps) {
  const evaluations = useQuery({
    queryKey: ['evaluations', model.name, version, 'succeeded'],
    queryFn: ({ signal }) =>
      client.evaluations
        .list({ model: model.name, version, status: ['succeeded'], limit: 20 }, { signal })
        .page(),
  });
  return (
    <Loaded query={evaluations} lines={3}>
      {({ data }) => <Found evaluations={data} gates={gates} current={current} />}
    </Loaded>
  );
}

interface FoundProps {
  evaluations: readonly Evaluation[];
  gates: Model['gates'];
  current: string | undefined;
}

function Found({ evaluations, gates, current }: FoundProps) {
  const evaluation = evidenceOf(evaluations, gates);
  const result = evaluation?.result;
  if (!evaluation || !result)
    return (
      <Stack gap="xs">
        <Text size="sm">
          No evaluation of this version has succeeded yet.{' '}
          <TextLink to="/evaluations" underline="always">
            Evaluate it
          </TextLink>{' '}
          to know how it differs.
        </Text>
        {gates.length > 0 && <Text size="sm">One must have met: {gates.map(gateText).join('; ')}.</Text>}
      </Stack>
    );
  return (
    <Stack gap="xs">
      <Text size="sm">
        By the{' '}
        <TextLink to="/evaluations/$id" params={{ id: evaluation.id }} underline="always">
          evaluation
        </TextLink>{' '}
        of <When at={evaluation.completed_at} />
      </Text>
      {gates.length > 0 && (
        <DataTable
          label="Gates"
          rows={gates.map((gate) => gateEvidence(gate, result, current))}
          keyOf={({ gate }) => gateText(gate)}
          columns={[
            { title: 'Gate', cell: ({ gate }) => gateText(gate) },
            { title: 'Value', numeric: true, cell: ({ actual }) => actual?.toFixed(4) ?? '–' },
            { title: 'Baseline', numeric: true, cell: ({ baseline }) => baseline?.toFixed(4) ?? '–' },
            { title: 'Met', cell: ({ met }) => <Met met={met} /> },
          ]}
        />
      )}
      <Differences result={result} current={current} />
    </Stack>
  );
}

function Met({ met }: { met: boolean | null }) {
  if (met === null)
    return (
      <Badge color="gray" variant="light" tt="none">
        decided when promoted
      </Badge>
    );
  return (
    <Badge color={met ? 'green' : 'red'} variant="light" tt="none">
      {met ? 'met' : 'not met'}
    </Badge>
  );
}

function Differences({
  result,
  current,
}: {
  result: NonNullable<Evaluation['result']>;
  current: string | undefined;
}) {
  const { baseline, metrics, baseline_metrics: before, difference, difference_confidence: sure } = result;
  if (!before || baseline !== current)
    return (
      <Text size="sm" c="dimmed">
        {baseline
          ? 'Its baseline is another version than the one that the alias points to.'
          : 'It has no baseline, so it says no differences.'}
      </Text>
    );
  return (
    <DataTable
      label="Differences from the version that is there now"
      rows={Object.keys(metrics).sort()}
      keyOf={(metric) => metric}
      columns={[
        { title: 'Metric', cell: (metric) => metric },
        { title: 'Now', numeric: true, cell: (metric) => before[metric]?.toFixed(4) ?? '–' },
        { title: 'Then', numeric: true, cell: (metric) => metrics[metric]?.toFixed(4) ?? '–' },
        { title: 'Difference', numeric: true, cell: (metric) => signed(difference?.[metric]) },
        {
          title: '95 % interval',
          cell: (metric) => {
            const interval = sure?.[metric];
            return interval ? `${signed(interval[0])} to ${signed(interval[1])}` : '–';
          },
        },
      ]}
    />
  );
}

function signed(value: number | null | undefined): string {
  if (value == null) return '–';
  return `${value > 0 ? '+' : ''}${value.toFixed(4)}`;
}
