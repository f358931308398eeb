import type { Model } from '@heddle/client';
import { NativeSelect } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { client } from '../api/client.js';
import { CALM_MS } from '../api/queries.js';

interface VersionSelectProps {
  label: string;
  model: Model;
  /** `name`, `name@alias` or `name@3`. */
  value: string;
  onChange: (ref: string) => void;
  /** What stands for none. */
  none?: string;
}

/** Aliases and ready versions of a model. */
export function VersionSelect({ label, model, value, onChange, none }: VersionSelectProps) {
  const versions = useQuery({
    queryKey: ['versions', model.name, 'ready'],
    queryFn: ({ signal }) =>
      client.versions.list(model.name, { status: ['ready'], limit: 100 }, { signal }).page(),
    staleTime: CALM_MS,
  });
  const aliases = Object.keys(model.aliases).sort();
  return (
    <NativeSelect
      label={label}
      value={value}
      data={[
        { value: none === undefined ? model.name : '', label: none ?? 'as the API chooses' },
        ...aliases.map((alias) => ({ value: `${model.name}@${alias}`, label: `alias ${alias}` })),
        ...(versions.data?.data ?? []).map(({ number, precision }) => ({
          value: `${model.name}@${number}`,
          label: `version ${number} (${precision})`,
        })),
      ]}
      onChange={({ currentTarget }) => onChange(currentTarget.value)}
    />
  );
}
