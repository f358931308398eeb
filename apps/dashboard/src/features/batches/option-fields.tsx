import { Checkbox, Group, NativeSelect, NumberInput, Stack, Textarea } from '@mantine/core';
import type { BatchOptions } from './options.js';

const PRIORITIES: { value: BatchOptions['priority']; label: string }[] = [
  { value: '', label: 'low, behind all else' },
  { value: 'normal', label: 'normal' },
  { value: 'high', label: 'high' },
];

interface OptionFieldsProps {
  options: BatchOptions;
  onChange: (part: Partial<BatchOptions>) => void;
  /** Those of the chosen model. */
  tasks: readonly string[];
}

/** What few batches need. */
export function OptionFields({ options, onChange, tasks }: OptionFieldsProps) {
  return (
    <Stack gap="sm">
      <Group align="flex-end">
        <NativeSelect
          label="Task"
          value={options.task}
          data={[{ value: '', label: 'the model’s own' }, ...tasks]}
          onChange={({ currentTarget }) => onChange({ task: currentTarget.value })}
        />
        <NativeSelect
          label="Priority"
          value={options.priority}
          data={PRIORITIES}
          onChange={({ currentTarget }) =>
            onChange({ priority: currentTarget.value as BatchOptions['priority'] })
          }
        />
        <NumberInput
          label="Hours until it expires"
          placeholder="24"
          min={0.1}
          max={168}
          value={options.windowH}
          onChange={(windowH) => onChange({ windowH })}
        />
      </Group>
      <Textarea
        label="Parameters of every line"
        description="A JSON object; a line may say otherwise."
        placeholder='{"top_k": 3}'
        autosize
        minRows={2}
        value={options.parameters}
        onChange={({ currentTarget }) => onChange({ parameters: currentTarget.value })}
      />
      <Checkbox
        label="Leave wrong lines out"
        description="Otherwise one wrong line refuses the file."
        checked={options.skip}
        onChange={({ currentTarget }) => onChange({ skip: currentTarget.checked })}
      />
    </Stack>
  );
}
