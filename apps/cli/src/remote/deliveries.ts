import type { Delivery, HeddleClient } from '@heddle/client';
import type { Command } from 'commander';
import { example } from '../command-name.js';
import { clientOf, formatOf, printPage, type RemoteOptions, remote } from './options.js';
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
          eventType?: Delivery['event_type'];
          status?: Delivery['status'];
          limit: string;
        },
      ) => {
        const { webhook, job, batch, eventType, status, limit } = options;
        const filter = {
          limit: Number(limit),
          ...(webhook === undefined ? {} : { webhook }),
          ...(job === undefined ? {} : { job }),
          ...(batch === undefined ? {} : { batch }),
          ...(eventType === undefined ? {} : { event_type: eventType }),
          ...(status === undefined ? {} : { status }),
        };
        const client = clientOf(options);
        const page = await client.deliveries.list(filter).page();
        if (page.data.length === 0) await mustExist(client, { webhook, job, batch });
        printPage(options, page, DELIVERY_COLUMNS);
      },
    );
  remote(deliveries.command('get'))
    .description('show a delivery with its attempts')
    .argument('<id>', 'dlv_…')
    .addHelpText('after', example('deliveries get dlv_01k… --json'))
    .action(async (id: string, options: RemoteOptions) => {
      const delivery = await clientOf(options).deliveries.get(id);
      print(formatOf(options), [delivery], DELIVERY_COLUMNS);
      if (formatOf(options) !== 'table') return;
      for (const attempt of delivery.attempts) process.stdout.write(`${describeAttempt(attempt)}\n`);
    });
  remote(deliveries.command('retry'))
    .description('send it again, now')
    .argument('<id>', 'dlv_…')
    .addHelpText('after', example('deliveries retry dlv_01k…'))
    .action(async (id: string, options: RemoteOptions) => {
      print(formatOf(options), [await clientOf(options).deliveries.retry(id)], DELIVERY_COLUMNS);
    });
}

/** A list of what nobody knows is empty too: throws NotFoundError when one of them is not there. */
async function mustExist(
  client: HeddleClient,
  { webhook, job, batch }: Partial<Record<'webhook' | 'job' | 'batch', string | undefined>>,
): Promise<void> {
  if (webhook !== undefined) await client.webhooks.get(webhook);
  if (job !== undefined) await client.jobs.get(job, { include: 'none' });
  if (batch !== undefined) await client.batches.get(batch);
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
