import type { Tenant } from '@heddle/client';
import { Group, NumberInput, TextInput } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { client } from '../../api/client.js';
import { DialogForm } from '../../shared/dialog-form.js';
import { SecretOnce } from '../../shared/secret-once.js';

interface TenantFormProps {
  /** The one to be changed; a new one where it is absent. */
  tenant?: Tenant;
  close: () => void;
}

/** Name and limits of a tenant; a new one has a first key, whose secret is shown once. */
export function TenantForm({ tenant, close }: TenantFormProps) {
  const [slug, setSlug] = useState(tenant?.slug ?? '');
  const [name, setName] = useState(tenant?.name ?? '');
  const [rate, setRate] = useState<number | string>(tenant?.limits.rate_limit_per_min ?? '');
  const [queued, setQueued] = useState<number | string>(tenant?.limits.max_queued_items_per_tenant ?? '');
  const queries = useQueryClient();
  const sending = useMutation({
    // The answer has a secret.
    gcTime: 0,
    mutationFn: () => {
      const limits = { rate_limit_per_min: orNull(rate), max_queued_items_per_tenant: orNull(queued) };
      return tenant
        ? client.tenants.update(tenant.slug, { name, limits })
        : client.tenants.create({ slug, name, limits });
    },
    onSuccess: async ({ key }) => {
      await queries.invalidateQueries({ queryKey: ['tenants'] });
      if (key?.secret === undefined) close();
    },
  });
  const secret = sending.data?.key?.secret;
  if (secret !== undefined)
    return <SecretOnce title={`The first key of ${name}`} secret={secret} onDone={close} />;
  return (
    <DialogForm
      verb={tenant ? 'Change it' : 'Make the tenant'}
      label="Tenant"
      sending={sending}
      close={close}
    >
      {!tenant && (
        <TextInput
          label="Slug"
          description="Lower-case letters, digits and hyphens. It stays."
          placeholder="acme"
          required
          data-autofocus
          value={slug}
          onChange={({ currentTarget }) => setSlug(currentTarget.value)}
        />
      )}
      <TextInput
        label="Name"
        placeholder="Acme"
        required
        value={name}
        onChange={({ currentTarget }) => setName(currentTarget.value)}
      />
      <Group grow align="flex-end">
        <NumberInput
          label="Requests a minute"
          description="Of each of its keys"
          placeholder="the instance’s"
          min={0}
          allowDecimal={false}
          value={rate}
          onChange={setRate}
        />
        <NumberInput
          label="Queued inputs"
          description="Of all its jobs"
          placeholder="the instance’s"
          min={1}
          allowDecimal={false}
          value={queued}
          onChange={setQueued}
        />
      </Group>
    </DialogForm>
  );
}

function orNull(value: number | string): number | null {
  return typeof value === 'number' ? value : null;
}
