import type { Model } from '@heddle/client';
import type { Gate, Task } from '@heddle/contracts';
import type { Command } from 'commander';
import { example } from '../command-name.js';
import { parseGate } from './gates.js';
import { clientOf, collect, formatOf, printPage, type RemoteOptions, remote } from './options.js';
import { print } from './output.js';

const MODEL_COLUMNS: Record<string, (model: Model) => string> = {
  NAME: (model) => model.name,
  LATEST: (model) => String(model.latest_version ?? '-'),
  TASKS: (model) => model.tasks.join(', '),
  OWNER: (model) => model.owner,
  DESCRIPTION: (model) => model.description,
};

const GATE_HELP =
  'what an evaluation must show, e.g. accuracy>=0.9, "accuracy drop<=0.005" or accuracy[lang=de]>=0.8; repeatable';
const GATED_HELP = 'an alias that the gates hold for; repeatable; production when absent';

export function addModelCommands(program: Command): void {
  const models = program.command('models').description('create, get, list, change and delete models');
  remote(models.command('create'))
    .description('make a model, to import versions into')
    .argument('<name>', 'lower-case letters, digits, ".", "_" and "-"')
    .option('--description <text>', 'shown in lists', '')
    .option('--gate <rule>', GATE_HELP, collect, [])
    .option('--gated <alias>', GATED_HELP, collect, [])
    .addHelpText('after', example('models create my-model --description "support tickets"'))
    .action(async (name: string, options: RemoteOptions & { description: string } & GateOptions) => {
      const body = { name, description: options.description, ...gatesOf(options) };
      show(await clientOf(options).models.create(body), options);
    });
  remote(models.command('list'))
    .description('list the models you may use, newest first')
    .option('--task <task>', 'only those that answer it')
    .option('--limit <n>', 'how many, 1 to 100', '100')
    .addHelpText('after', example('models list --task token-classification'))
    .action(async (options: RemoteOptions & { task?: Task; limit: string }) => {
      const { task, limit } = options;
      const filter = { limit: Number(limit), ...(task ? { task } : {}) };
      printPage(options, await clientOf(options).models.list(filter).page(), MODEL_COLUMNS);
    });
  remote(models.command('get'))
    .description('show one model')
    .argument('<model>', 'name or mdl_…')
    .addHelpText('after', example('models get sentiment --json'))
    .action(async (model: string, options: RemoteOptions) => {
      show(await clientOf(options).models.get(model), options);
    });
  remote(models.command('update'))
    .description('change the description of a model, or what an alias of it must meet')
    .argument('<model>', 'name or mdl_…')
    .option('--description <text>', 'shown in lists')
    .option('--gate <rule>', `${GATE_HELP}; all of them, in place of those before`, collect, [])
    .option('--no-gates', 'take all gates away')
    .option('--gated <alias>', GATED_HELP, collect, [])
    .addHelpText('after', example("models update my-model --gate 'accuracy>=0.9' --gated production"))
    .action(async (model: string, options: UpdateOptions) => {
      const body = {
        ...(options.description === undefined ? {} : { description: options.description }),
        ...gatesOf(options),
        ...(options.gates ? {} : { gates: [] }),
      };
      show(await clientOf(options).models.update(model, body), options);
    });
  remote(models.command('delete'))
    .description('delete a model with its versions; aliases and unfinished jobs keep it')
    .argument('<model>', 'name or mdl_…')
    .addHelpText('after', example('models delete my-model'))
    .action(async (model: string, options: RemoteOptions) => {
      await clientOf(options).models.delete(model);
    });
}

interface GateOptions {
  gate: string[];
  gated: string[];
}

interface UpdateOptions extends RemoteOptions, GateOptions {
  description?: string;
  gates: boolean;
}

function gatesOf({ gate, gated }: GateOptions): { gates?: Gate[]; gated?: string[] } {
  return {
    ...(gate.length > 0 ? { gates: gate.map(parseGate) } : {}),
    ...(gated.length > 0 ? { gated } : {}),
  };
}

function show(model: Model, options: RemoteOptions): void {
  print(formatOf(options), [model], MODEL_COLUMNS);
}
