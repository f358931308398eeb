import type { Command } from 'commander';
import { addAccountCommands } from './account.js';
import { addAliasCommands } from './aliases.js';
import { addBatchCommands } from './batches.js';
import { addDeliveryCommands } from './deliveries.js';
import { addEvaluationCommands } from './evaluations.js';
import { addFileCommands } from './files.js';
import { addJobCommands } from './jobs.js';
import { addModelCommands } from './models.js';
import { addPoolCommands } from './pools.js';
import { addProfileCommands } from './profile-commands.js';
import { addQueueCommands } from './queues.js';
import { addRunCommand } from './run-command.js';
import { addTenantCommands } from './tenants.js';
import { addTokenizeCommand } from './tokenize.js';
import { addVersionCommands } from './versions.js';
import { addWorkerCommands } from './workers.js';

/** Commands that speak HTTP to a Heddle anywhere. */
export function addRemoteCommands(program: Command, exit: (status: number) => void): void {
  addRunCommand(program, exit);
  addJobCommands(program, exit);
  addBatchCommands(program, exit);
  addEvaluationCommands(program, exit);
  addTokenizeCommand(program);
  addModelCommands(program);
  addVersionCommands(program, exit);
  addAliasCommands(program);
  addFileCommands(program);
  addDeliveryCommands(program);
  addWorkerCommands(program);
  addPoolCommands(program);
  addQueueCommands(program);
  addTenantCommands(program);
  addAccountCommands(program);
  addProfileCommands(program);
}
