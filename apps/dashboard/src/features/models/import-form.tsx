import type { StoredFile } from '@heddle/client';
import { Button, FileInput, Group, NativeSelect, Paper, Stack, Text } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { client } from '../../api/client.js';
import { uploadFile } from '../../api/upload.js';
import { formatBytes } from '../../shared/format.js';
import { ProblemAlert } from '../../shared/problem.js';
import { UploadProgress } from '../../shared/upload-progress.js';

const ARCHIVE = /\.(zip|tar|tar\.gz|tgz)$/i;
const PRECISIONS = [
  { value: 'fp32', label: 'fp32' },
  { value: 'int8', label: 'int8: smaller and faster on CPUs' },
  { value: 'fp16', label: 'fp16: for GPUs' },
] as const;
type Precision = (typeof PRECISIONS)[number]['value'];

/** Uploads the files of a checkpoint, or an archive of them, and has them imported. */
export function ImportForm({ model }: { model: string }) {
  const [files, setFiles] = useState<File[]>([]);
  const [precision, setPrecision] = useState<Precision>('fp32');
  const [sent, setSent] = useState(0);
  const queries = useQueryClient();
  const importing = useMutation({
    mutationFn: async (chosen: readonly File[]) => {
      const uploaded = await uploadAll(chosen, setSent);
      const [first] = uploaded;
      const source =
        uploaded.length === 1 && first && ARCHIVE.test(first.filename)
          ? { type: 'archive' as const, file: first.id }
          : { type: 'files' as const, files: uploaded.map(({ id }) => id) };
      return client.versions.import(model, { source, precision });
    },
    onSuccess: () => {
      setFiles([]);
      setSent(0);
      return queries.invalidateQueries({ queryKey: ['versions', model] });
    },
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    importing.mutate(files);
  };
  return (
    <Paper withBorder p="sm" component="form" onSubmit={submit} aria-label="Import a version">
      <Stack gap="sm">
        <Group align="flex-end">
          <FileInput
            multiple
            label="Checkpoint"
            description="Its files, or an archive of them"
            placeholder="Choose files"
            valueComponent={ChosenFiles}
            value={files}
            onChange={setFiles}
            miw={240}
          />
          <NativeSelect
            label="Precision"
            value={precision}
            data={[...PRECISIONS]}
            onChange={({ currentTarget }) => setPrecision(currentTarget.value as Precision)}
          />
          <Button type="submit" disabled={files.length === 0} loading={importing.isPending}>
            Import
          </Button>
        </Group>
        {files.length > 0 && (
          <Text size="sm" c="dimmed">
            {files.map(({ name, size }) => `${name} (${formatBytes(size)})`).join(', ')}
          </Text>
        )}
        {importing.isPending && <UploadProgress share={sent} bytes={bytesOf(files)} />}
        {importing.error && <ProblemAlert error={importing.error} />}
      </Stack>
    </Paper>
  );
}

function ChosenFiles({ value }: { value: null | File | File[] }) {
  const count = value === null ? 0 : [value].flat().length;
  return <>{count === 0 ? 'Choose files' : count === 1 ? '1 file' : `${count} files`}</>;
}

/** One after the other; tells the share of all bytes that is sent. */
async function uploadAll(files: readonly File[], onProgress: (share: number) => void): Promise<StoredFile[]> {
  const total = bytesOf(files) || 1;
  const uploaded: StoredFile[] = [];
  let before = 0;
  for (const file of files) {
    const at = before;
    uploaded.push(
      await uploadFile(file, 'model', {
        onProgress: (share) => onProgress((at + share * file.size) / total),
      }),
    );
    before += file.size;
  }
  return uploaded;
}

function bytesOf(files: readonly File[]): number {
  return files.reduce((sum, { size }) => sum + size, 0);
}
