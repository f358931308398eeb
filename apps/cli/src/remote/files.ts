import { basename } from 'node:path';
import type { StoredFile, UploadFields } from '@heddle/client';
import type { Command } from 'commander';
import { example } from '../command-name.js';
import { downloadFile } from './download.js';
import { clientOf, formatOf, printPage, type RemoteOptions, remote } from './options.js';
import { print } from './output.js';
import { startProgress } from './progress.js';
import { sourceOf } from './upload.js';

const FILE_COLUMNS: Record<string, (file: StoredFile) => string> = {
  ID: (file) => file.id,
  PURPOSE: (file) => file.purpose,
  BYTES: (file) => String(file.bytes),
  CREATED: (file) => file.created_at,
  EXPIRES: (file) => file.expires_at ?? '-',
  NAME: (file) => file.filename,
};

interface UploadOptions {
  purpose: UploadFields['purpose'];
  expiresIn?: string;
}

export function addFileCommands(program: Command): void {
  const files = program.command('files').description('upload, show, list, download and delete files');
  remote(files.command('upload'))
    .description('upload a file')
    .argument('<path>')
    .option('--purpose <purpose>', 'what it is for', 'model')
    .option('--expires-in <seconds>', 'remove it after this time')
    .addHelpText('after', example('files upload model.tar.gz --expires-in 86400'))
    .action(async (path: string, options: RemoteOptions & UploadOptions) => {
      const { purpose, expiresIn } = options;
      const client = clientOf(options);
      const progress = startProgress();
      const filename = basename(path);
      const source = await sourceOf(path, (percent) => progress.show(`uploading ${filename}`, percent));
      const fields = { purpose, filename, ...(expiresIn ? { expires_in_s: Number(expiresIn) } : {}) };
      try {
        show(await client.files.upload(source, fields), options);
      } finally {
        progress.end();
      }
    });
  remote(files.command('list'))
    .description('list files, newest first')
    .option('--purpose <purpose>', 'only of this purpose')
    .option('--limit <n>', 'how many, 1 to 100', '20')
    .addHelpText('after', example('files list --purpose model'))
    .action(async (options: RemoteOptions & { purpose?: StoredFile['purpose']; limit: string }) => {
      const { purpose, limit } = options;
      const filter = { limit: Number(limit), ...(purpose ? { purpose } : {}) };
      printPage(options, await clientOf(options).files.list(filter).page(), FILE_COLUMNS);
    });
  remote(files.command('get'))
    .description('show one file')
    .argument('<id>', 'file_…')
    .addHelpText('after', example('files get file_01k…'))
    .action(async (id: string, options: RemoteOptions) => {
      show(await clientOf(options).files.get(id), options);
    });
  remote(files.command('download'))
    .description('fetch the bytes of a file; a download that broke off goes on where it was')
    .argument('<id>', 'file_…')
    .option('--out <path>', "file to write, or folder to write it in; by default the file's own name, here")
    .option('--force', 'overwrite what is there', false)
    .addHelpText('after', example('files download file_01k… --out results.jsonl'))
    .action(async (id: string, options: RemoteOptions & { out?: string; force: boolean }) => {
      const client = clientOf(options);
      const file = await client.files.get(id);
      const progress = startProgress();
      const onBytes = (received: number, total: number) =>
        progress.show(`downloading ${file.filename}`, Math.floor((100 * received) / Math.max(1, total)));
      const { out, force } = options;
      try {
        const path = await downloadFile(client, file, {
          ...(out === undefined ? {} : { out }),
          force,
          onBytes,
        });
        progress.end();
        if (formatOf(options) === 'table') process.stdout.write(`${path}\n`);
        else show(file, options);
      } finally {
        progress.end();
      }
    });
  remote(files.command('delete'))
    .description('delete a file; an unfinished import keeps it')
    .argument('<id>', 'file_…')
    .addHelpText('after', example('files delete file_01k…'))
    .action(async (id: string, options: RemoteOptions) => {
      await clientOf(options).files.delete(id);
    });
}

function show(file: StoredFile, options: RemoteOptions): void {
  print(formatOf(options), [file], FILE_COLUMNS);
}
