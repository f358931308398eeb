import { NativeSelect } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { client } from '../../api/client.js';
import { DialogForm } from '../../shared/dialog-form.js';
import { SecretOnce } from '../../shared/secret-once.js';

const GRACE = [
  { value: '0', label: 'Not at all: it has come to light' },
  { value: '3600', label: 'An hour' },
  { value: '86400', label: 'A day' },
  { value: '604800', label: 'A week' },
];

/** `id`: of an endpoint, or `default`, of the addresses that come with a job. */
export function RotateSecret({ id, close }: { id: string; close: () => void }) {
  const [grace, setGrace] = useState('86400');
  const rotating = useMutation({
    // The answer has a secret.
    gcTime: 0,
    mutationFn: () => client.webhooks.rotateSecret(id, { grace_s: Number(grace) }),
  });
  if (rotating.data)
    return <SecretOnce title="The new secret" secret={rotating.data.secret} onDone={close} />;
  return (
    <DialogForm verb="Make a new secret" label="New secret" sending={rotating} close={close}>
      <NativeSelect
        label="How long the old one signs as well"
        description="So that receivers can change over without losing a request."
        value={grace}
        data={GRACE}
        onChange={({ currentTarget }) => setGrace(currentTarget.value)}
      />
    </DialogForm>
  );
}
