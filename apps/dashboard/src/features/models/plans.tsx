import type { Version } from '@heddle/client';
import { Paper, Stack, Text } from '@mantine/core';
import { DataTable } from '../../shared/data-table.js';
import { Facts } from '../../shared/facts.js';
import { formatCount } from '../../shared/format.js';
import { Nothing } from '../../shared/loaded.js';
import { Section } from '../../shared/page.js';
import { When } from '../../shared/when.js';

type Plan = NonNullable<Version['plans']>[number];

/** How the version runs best, on each kind of machine where workers have measured it. */
export function Plans({ plans }: { plans: readonly Plan[] }) {
  return (
    <Section title="Execution plans">
      {plans.length === 0 && (
        <Nothing title="No plan yet">A worker measures the version when it has nothing else to do.</Nothing>
      )}
      {plans.map((plan) => (
        <PlanView key={plan.machine} plan={plan} />
      ))}
    </Section>
  );
}

function PlanView({ plan }: { plan: Plan }) {
  const { machine, lowering, children, threads, classes, measured_at } = plan;
  return (
    <Paper withBorder p="md">
      <Stack gap="sm">
        <Text size="sm" fw={600}>
          {machine}
        </Text>
        <Facts
          boxed={false}
          facts={[
            ['Lowering', lowering],
            ['Processes', formatCount(children)],
            ['Threads of each', formatCount(threads)],
            ['Measured', <When key="measured" at={measured_at} />],
          ]}
        />
        <DataTable
          label={`Forward passes on ${machine}`}
          rows={classes}
          keyOf={({ length }) => String(length)}
          columns={[
            { title: 'Texts of up to', numeric: true, cell: ({ length }) => `${length} tokens` },
            { title: 'Forward pass', numeric: true, cell: ({ tokens }) => `${tokens} tokens` },
            {
              title: 'Computed tokens a second, of a process',
              numeric: true,
              cell: ({ length, tokens }) => formatCount(speedOf(plan, length, tokens)),
            },
          ]}
        />
      </Stack>
    </Paper>
  );
}

/** The speed that was measured of what the plan chose; null where that very pass was not measured. */
function speedOf({ measured, lowering }: Plan, length: number, tokens: number): number | null {
  const found = measured.find(
    (one) =>
      one.lowering === lowering &&
      one.length === length &&
      one.sequences === Math.max(1, Math.floor(tokens / length)),
  );
  return found?.tokens_per_s ?? null;
}
