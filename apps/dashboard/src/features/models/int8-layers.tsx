import type { Version } from '@heddle/client';
import { Badge, Text } from '@mantine/core';
import { DataTable } from '../../shared/data-table.js';
import { formatShare } from '../../shared/format.js';
import { ShareBar } from '../../shared/share-bar.js';

type Int8Report = NonNullable<NonNullable<Version['report']>['int8']>;

/** What rounding does to the states after each layer, and which layers stayed float32. */
export function Int8Layers({ report: { layers, tried, activations, table } }: { report: Int8Report }) {
  const most = Math.max(...layers.map((layer) => layer.hidden_difference), Number.MIN_VALUE);
  return (
    <>
      <Text size="sm" c="dimmed">
        Activations scaled {activations === 'by-row' ? 'by row' : 'by channel'}
        {table && `; embeddings of words in ${table.precision}`}.
      </Text>
      <DataTable
        label="Layers in int8"
        rows={layers}
        keyOf={({ layer }) => String(layer)}
        columns={[
          { title: 'Layer', numeric: true, cell: ({ layer }) => layer },
          {
            title: 'Precision',
            cell: ({ precision }) => (
              <Badge color={precision === 'int8' ? 'blue' : 'orange'} variant="light" tt="none">
                {precision}
              </Badge>
            ),
          },
          {
            title: 'Difference of its states',
            cell: ({ hidden_difference: difference }) => (
              <ShareBar share={difference / most} text={formatShare(difference)} />
            ),
          },
          {
            title: 'Same decisions with it alone in int8',
            numeric: true,
            cell: ({ own_same_decisions }) => formatShare(own_same_decisions),
          },
        ]}
      />
      {tried.length > 0 && (
        <DataTable
          label="What was tried before"
          rows={tried}
          keyOf={({ activations: how, fp32_layers, same_decisions }) =>
            `${how} ${fp32_layers.join()} ${same_decisions}`
          }
          columns={[
            { title: 'Tried before', cell: ({ activations: how }) => `activations ${how.replace('-', ' ')}` },
            { title: 'Layers in float32', cell: ({ fp32_layers }) => fp32_layers.join(', ') || 'none' },
            {
              title: 'Same decisions',
              numeric: true,
              cell: ({ same_decisions }) => formatShare(same_decisions),
            },
          ]}
        />
      )}
    </>
  );
}
