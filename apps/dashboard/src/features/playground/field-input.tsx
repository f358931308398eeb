import { NativeSelect, NumberInput, Switch, Textarea, TextInput } from '@mantine/core';
import type { Field } from './forms.js';

interface FieldInputProps {
  field: Field;
  value: string;
  onChange: (value: string) => void;
}

export function FieldInput({ field, value, onChange }: FieldInputProps) {
  const { label, help } = field;
  switch (field.kind) {
    case 'switch':
      return (
        <Switch
          label={label}
          description={help}
          checked={value === 'on'}
          onChange={({ currentTarget }) => onChange(currentTarget.checked ? 'on' : '')}
        />
      );
    case 'choice':
      return (
        <NativeSelect
          label={label}
          description={help}
          value={value}
          data={field.choices.map((choice) => ({
            value: choice,
            label: choice === '' ? 'the version’s' : choice,
          }))}
          onChange={({ currentTarget }) => onChange(currentTarget.value)}
        />
      );
    case 'number':
      return (
        <NumberInput
          label={label}
          description={help}
          value={value}
          min={field.min}
          max={field.max}
          onChange={(next) => onChange(String(next))}
        />
      );
    case 'indices':
      return (
        <TextInput
          label={label}
          description={help}
          value={value}
          onChange={({ currentTarget }) => onChange(currentTarget.value)}
        />
      );
    default:
      return (
        <Textarea
          label={label}
          description={help}
          value={value}
          rows={field.kind === 'lines' ? 4 : 3}
          resize="vertical"
          onChange={({ currentTarget }) => onChange(currentTarget.value)}
        />
      );
  }
}
