import type { ApiKey } from '@heddle/client';
import { Checkbox, Group, NativeSelect, NumberInput, Stack, TextInput } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { type ReactNode, useState } from 'react';
import { client } from '../../api/client.js';
import { mayAny, type Scope } from '../../api/scopes.js';
import { useSession } from '../../api/use-session.js';
import { DialogForm } from '../../shared/dialog-form.js';
import { fromLocalField, toLocalField } from '../../shared/local-time.js';
import { SecretOnce } from '../../shared/secret-once.js';

const MS_PER_DAY = 86_400_000;
const SCOPES: readonly [Scope, string][] = [
  ['infer', 'submit and read jobs, batches and files'],
  ['read', 'read everything of the tenant'],
  ['manage', 'models, evaluations, webhooks and keys; includes read'],
  ['operate', 'workers, queues and tenants'],
];
const ENDS = [
  { value: '', label: 'Never' },
  { value: '7', label: 'In 7 days' },
  { value: '30', label: 'In 30 days' },
  { value: '90', label: 'In 90 days' },
  { value: '365', label: 'In a year' },
  { value: 'at', label: 'At a time …' },
];

interface KeyFormProps {
  verb: string;
  /** What the new one begins as: a key that it is to replace. */
  like?: ApiKey;
  close: () => void;
  /** What to do besides keeping the secret. */
  then?: ReactNode;
}

/** Asks what a key is to be, and shows its secret once. Nobody can give a scope that they lack. */
export function KeyForm({ verb, like, close, then }: KeyFormProps) {
  const own = useSession().key.scopes;
  const [name, setName] = useState(like?.name ?? '');
  const [scopes, setScopes] = useState<Scope[]>(like?.scopes ?? ['infer', 'read']);
  const [ends, setEnds] = useState(like?.expires_at ? 'at' : '');
  const [endsAt, setEndsAt] = useState(like?.expires_at ? toLocalField(new Date(like.expires_at)) : '');
  const [rate, setRate] = useState<number | string>(like?.rate_limit_per_min ?? '');
  const queries = useQueryClient();
  const making = useMutation({
    // The answer has a secret.
    gcTime: 0,
    mutationFn: () => {
      const expiresAt = endOf(ends, endsAt);
      return client.keys.create({
        name,
        scopes,
        ...(expiresAt === null ? {} : { expires_at: expiresAt }),
        ...(typeof rate === 'number' ? { rate_limit_per_min: rate } : {}),
      });
    },
    onSuccess: () => queries.invalidateQueries({ queryKey: ['keys'] }),
  });
  if (making.data?.secret !== undefined)
    return (
      <SecretOnce title={`The key ${making.data.name}`} secret={making.data.secret} onDone={close}>
        {then}
      </SecretOnce>
    );
  return (
    <DialogForm verb={verb} label="Key" sending={making} close={close} disabled={scopes.length === 0}>
      <TextInput
        label="Name"
        description="Who or what uses it; the audit log has it."
        required
        data-autofocus
        value={name}
        onChange={({ currentTarget }) => setName(currentTarget.value)}
      />
      <Checkbox.Group label="Scopes" value={scopes} onChange={(next) => setScopes(next as Scope[])}>
        <Stack gap="xs" mt="xs">
          {SCOPES.filter(([scope]) => mayAny(own, [scope])).map(([scope, about]) => (
            <Checkbox key={scope} value={scope} label={scope} description={about} />
          ))}
        </Stack>
      </Checkbox.Group>
      <Group align="flex-end" grow preventGrowOverflow={false}>
        <NativeSelect
          label="Ends"
          value={ends}
          data={ENDS}
          onChange={({ currentTarget }) => setEnds(currentTarget.value)}
        />
        {ends === 'at' && (
          <TextInput
            type="datetime-local"
            label="At"
            required
            value={endsAt}
            onChange={({ currentTarget }) => setEndsAt(currentTarget.value)}
          />
        )}
        <NumberInput
          label="Requests a minute"
          placeholder="the tenant’s"
          min={0}
          allowDecimal={false}
          value={rate}
          onChange={setRate}
        />
      </Group>
    </DialogForm>
  );
}

function endOf(ends: string, endsAt: string): string | null {
  if (ends === '') return null;
  if (ends === 'at') return fromLocalField(endsAt);
  return new Date(Date.now() + Number(ends) * MS_PER_DAY).toISOString();
}
