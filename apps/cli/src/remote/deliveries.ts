import type { Delivery, Page } from '@heddle/contracts';
import type { Command } from 'commander';
import { example } from '../command-name.js';
import type { Client } from './client.js';
import { clientOf, formatOf, printPage, type RemoteOptions, remote, segment } from './options.js';
import { print } from './output.js';

export const DELIVERY_COLUMNS: Record<string, (delivery: Delivery) => string> = {
  ID: (delivery) => delivery.id,
  EVENT: (delivery) => delivery.event_type,
  STATUS: (delivery) => delivery.status,
  ATTEMPTS: (delivery) => String(delivery.attempt_count),
  LAST: (delivery) => lastOf(delivery),
  NEXT: (delivery) => delivery.next_attempt_at ?? '-',
  URL: (delivery) => delivery.url,
};

export function addDeliveryCommands(program: Command): void {
  const deliveries = program
    .command('deliveries')
    .description('see how webhooks were sent, and send them again');
  remote(deliveries.command('list'))
    .description('list deliveries, newest first')
    .option('--webhook <id>', 'only to this one')
    .option('--job <id>', 'only of this job')
    .option('--batch <id>', 'only of this batch')
    .option('--event-type <type>', 'only of this type')
    .option('--status <status>', 'only these: pending, delivering, delivered, exhausted or skipped')
    .option('--limit <n>', 'how many, 1 to 100', '20')
    .addHelpText('after', example('deliveries list --status exhausted'))
    .action(
      async (
        options: RemoteOptions & {
          webhook?: string;
          job?: string;
          batch?: string;
          eventType?: string;
          status?: string;
          limit: string;
        },
      ) => {
        const { webhook, job, batch, eventType, status, limit } = options;
        const query = new URLSearchParams({ limit });
        for (const [name, value] of Object.entries({ webhook, job, batch, event_type: eventType, status }))
          if (value !== undefined) query.set(name, value);
        const client = clientOf(options);
        const page = await client.request<Page<Delivery>>('GET', `/v1/deliveries?${query}`);
        if (page.data.length === 0) await mustExist(client, { webhooks: webhook, jobs: job, batches: batch });
        printPage(options, page, DELIVERY_COLUMNS);
      },
    );
  remote(deliveries.command('get'))
    .description('show a delivery with its attempts')
    .argument('<id>', 'dlv_…')
    .addHelpText('after', example('deliveries get dlv_01k… --json'))
    .action(async (id: string, options: RemoteOptions) => {
      const delivery = await clientOf(options).request<Delivery>('GET', `/v1/deliveries/${segment(id)}`);
      print(formatOf(options), [delivery], DELIVERY_COLUMNS);
      if (formatOf(options) !== 'table') return;
      for (const attempt of delivery.attempts) process.stdout.write(`${describeAttempt(attempt)}\n`);
    });
  remote(deliveries.command('retry'))
    .description('send it again, now')
    .argument('<id>', 'dlv_…')
    .addHelpText('after', example('deliveries retry dlv_01k…'))
    .action(async (id: string, options: RemoteOptions) => {
      const path = `/v1/deliveries/${segment(id)}/retry`;
      const delivery = await clientOf(options).request<Delivery>('POST', path, { body: {} });
      print(formatOf(options), [delivery], DELIVERY_COLUMNS);
    });
}

/** A list of what nobody knows is empty too: throws CliError when one of them is not there. */
async function mustExist(client: Client, ids: Record<string, string | undefined>): Promise<void> {
  for (const [noun, id] of Object.entries(ids))
    if (id !== undefined) await client.request('GET', `/v1/${noun}/${segment(id)}`);
}

function describeAttempt({
  number,
  at,
  duration_ms,
  status_code,
  error,
}: Delivery['attempts'][number]): string {
  return `${number}  ${at}  ${duration_ms} ms  ${status_code ?? '-'}  ${error ?? 'delivered'}`;
}

function lastOf({ attempts }: Delivery): string {
  const last = attempts.at(-1);
  return last ? String(last.error === 'http-status' ? last.status_code : (last.error ?? 'delivered')) : '-';
}
