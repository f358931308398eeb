import { randomUUID } from 'node:crypto';
import type { Model, Page } from '@heddle/contracts';
import type { Command } from 'commander';
import { example } from '../command-name.js';
import { clientOf, formatOf, printPage, type RemoteOptions, remote, segment } from './options.js';
import { print } from './output.js';

const MODEL_COLUMNS: Record<string, (model: Model) => string> = {
  NAME: (model) => model.name,
  LATEST: (model) => String(model.latest_version ?? '-'),
  TASKS: (model) => model.tasks.join(', '),
  OWNER: (model) => model.owner,
  DESCRIPTION: (model) => model.description,
};

export function addModelCommands(program: Command): void {
  const models = program.command('models').description('create, get, list and delete models');
  remote(models.command('create'))
    .description('make a model, to import versions into')
    .argument('<name>', 'lower-case letters, digits, ".", "_" and "-"')
    .option('--description <text>', 'shown in lists', '')
    .addHelpText('after', example('models create my-model --description "support tickets"'))
    .action(async (name: string, options: RemoteOptions & { description: string }) => {
      const body = { name, description: options.description };
      show(await clientOf(options).request<Model>('POST', '/v1/models', { body, headers: once() }), options);
    });
  remote(models.command('list'))
    .description('list the models you may use, newest first')
    .option('--task <task>', 'only those that answer it')
    .option('--limit <n>', 'how many, 1 to 100', '100')
    .addHelpText('after', example('models list --task token-classification'))
    .action(async (options: RemoteOptions & { task?: string; limit: string }) => {
      const query = new URLSearchParams({ limit: options.limit });
      if (options.task) query.set('task', options.task);
      const page = await clientOf(options).request<Page<Model>>('GET', `/v1/models?${query}`);
      printPage(options, page, MODEL_COLUMNS);
    });
  remote(models.command('get'))
    .description('show one model')
    .argument('<model>', 'name or mdl_…')
    .addHelpText('after', example('models get sentiment --json'))
    .action(async (model: string, options: RemoteOptions) => {
      show(await clientOf(options).request<Model>('GET', `/v1/models/${segment(model)}`), options);
    });
  remote(models.command('delete'))
    .description('delete a model with its versions; aliases and unfinished jobs keep it')
    .argument('<model>', 'name or mdl_…')
    .addHelpText('after', example('models delete my-model'))
    .action(async (model: string, options: RemoteOptions) => {
      await clientOf(options).request('DELETE', `/v1/models/${segment(model)}`);
    });
}

/** A key that makes a repeated request harmless when an answer is lost. */
export function once(): Record<string, string> {
  return { 'idempotency-key': randomUUID() };
}

function show(model: Model, options: RemoteOptions): void {
  print(formatOf(options), [model], MODEL_COLUMNS);
}
