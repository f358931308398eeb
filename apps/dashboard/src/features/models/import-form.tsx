import type { StoredFile } from '@heddle/client';
import { Button, FileInput, Group, NativeSelect, Paper, Progress, Stack, Text } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { client } from '../../api/client.js';
import { uploadFile } from '../../api/upload.js';
import { ProblemAlert } from '../../shared/problem.js';

const ARCHIVE = /\.(zip|tar|tar\.gz|tgz)$/i;
const PRECISIONS = ['fp32', 'int8', 'fp16'] as const;

/** Uploads the files of a checkpoint, or an archive of them, and has them imported. */
export function ImportForm({ model }: { model: string }) {
  const [files, setFiles] = useState<File[]>([]);
  const [precision, setPrecision] = useState<(typeof PRECISIONS)[number]>('fp32');
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
            value={files}
            onChange={setFiles}
            miw={240}
          />
          <NativeSelect
            label="Precision"
            value={precision}
            data={[...PRECISIONS]}
            onChange={({ currentTarget }) => setPrecision(currentTarget.value as typeof precision)}
          />
          <Button type="submit" disabled={files.length === 0} loading={importing.isPending}>
            Import
          </Button>
        </Group>
        {importing.isPending && (
          <>
            <Progress value={sent * 100} aria-label="Sent" />
            <Text size="xs" c="dimmed">
              Leaving this page breaks the upload off.
            </Text>
          </>
        )}
        {importing.error && <ProblemAlert error={importing.error} />}
      </Stack>
    </Paper>
  );
}

/** One after the other; tells the share of all bytes that is sent. */
async function uploadAll(files: readonly File[], onProgress: (share: number) => void): Promise<StoredFile[]> {
  const total = files.reduce((sum, { size }) => sum + size, 0) || 1;
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
