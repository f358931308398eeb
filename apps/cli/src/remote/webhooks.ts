import type { BodyOf, Webhook, WebhookSecret } from '@heddle/client';
import type { Command } from 'commander';
import { example } from '../command-name.js';
import { DELIVERY_COLUMNS } from './deliveries.js';
import { CliError, EXIT } from './errors.js';
import { clientOf, collect, formatOf, printPage, type RemoteOptions, remote, toCount } from './options.js';
import { print } from './output.js';

const WEBHOOK_COLUMNS: Record<string, (webhook: Webhook) => string> = {
  ID: (webhook) => webhook.id,
  URL: (webhook) => webhook.url,
  EVENTS: (webhook) => webhook.events.join(','),
  STATE: (webhook) => (webhook.enabled ? 'enabled' : `disabled: ${webhook.disabled_reason}`),
  FAILURES: (webhook) => String(webhook.consecutive_failures),
  'LAST SUCCESS': (webhook) => webhook.last_success_at ?? '-',
};
const SECRET_COLUMNS: Record<string, (secret: WebhookSecret) => string> = {
  SECRET: ({ secret }) => secret,
  'PREVIOUS UNTIL': (secret) => secret.previous_expires_at ?? '-',
};

const EVERY_EVENT = '*';

type Events = BodyOf<'createWebhook'>['events'];

interface FieldOptions extends RemoteOptions {
  event: Events;
  description?: string;
  maxInFlight?: number;
}

export function addRemoteWebhookCommands(webhooks: Command): void {
  withFields(remote(webhooks.command('create')), 'every event where none is given')
    .description('make a webhook and print its secret, once')
    .argument('<url>', 'where events are sent to')
    .option('--secret <whsec_…>', 'what to sign with; by default a new one')
    .addHelpText('after', example("webhooks create https://example.com/hooks -e 'job.*'"))
    .action(async (url: string, options: FieldOptions & { secret?: string }) => {
      const { secret } = options;
      const events: Events = [EVERY_EVENT];
      const body = { url, events, ...fieldsOf(options), ...(secret === undefined ? {} : { secret }) };
      const made = await clientOf(options).webhooks.create(body);
      if (formatOf(options) !== 'table') return print(formatOf(options), [made], WEBHOOK_COLUMNS);
      if (made.secret === undefined) {
        throw new CliError(
          `${made.id} was made, but its secret was lost on the way: rotate it`,
          EXIT.network,
        );
      }
      const sent = options.event.length > 0 ? made.events.join(', ') : 'every event, as -e names none';
      process.stderr.write(`${made.id} (${sent}); its secret, shown only now:\n`);
      process.stdout.write(`${made.secret}\n`);
    });
  remote(webhooks.command('list'))
    .description('list the webhooks of your tenant, newest first')
    .option('--limit <n>', 'how many, 1 to 100', '50')
    .addHelpText('after', example('webhooks list'))
    .action(async (options: RemoteOptions & { limit: string }) => {
      const page = await clientOf(options)
        .webhooks.list({ limit: Number(options.limit) })
        .page();
      printPage(options, page, WEBHOOK_COLUMNS);
    });
  remote(webhooks.command('get'))
    .description('show one webhook')
    .argument('<id>', 'whe_…')
    .addHelpText('after', example('webhooks get whe_01k… --json'))
    .action(async (id: string, options: RemoteOptions) => {
      show(options, await clientOf(options).webhooks.get(id));
    });
  withFields(remote(webhooks.command('update')), 'in place of those before')
    .description('change a webhook')
    .argument('<id>', 'whe_…')
    .option('--url <url>', 'where events are sent to')
    .option('--enable', 'send to it again, and forget that it failed')
    .option('--disable', 'send nothing to it; what happens meanwhile can be replayed')
    .addHelpText('after', example('webhooks update whe_01k… --enable'))
    .action(
      async (id: string, options: FieldOptions & { url?: string; enable?: boolean; disable?: boolean }) => {
        if (options.enable && options.disable)
          throw new CliError('--enable and --disable exclude each other', EXIT.usage);
        const enabled = options.enable ? { enabled: true } : options.disable ? { enabled: false } : {};
        const url = options.url === undefined ? {} : { url: options.url };
        const body = { ...fieldsOf(options), ...url, ...enabled };
        show(options, await clientOf(options).webhooks.update(id, body));
      },
    );
  remote(webhooks.command('delete'))
    .description('delete a webhook')
    .argument('<id>', 'whe_…')
    .addHelpText('after', example('webhooks delete whe_01k…'))
    .action(async (id: string, options: RemoteOptions) => {
      await clientOf(options).webhooks.delete(id);
    });
  remote(webhooks.command('rotate'))
    .description('sign with a new secret, and print it; "default" is the one of jobs’ own webhooks')
    .argument('<id>', 'whe_…, or default')
    .option('--grace <seconds>', 'how long the old one signs as well, 0 to 604800', toCount)
    .option('--secret <whsec_…>', 'what to sign with; by default a new one')
    .addHelpText('after', example('webhooks rotate whe_01k… --grace 3600'))
    .action(async (id: string, options: RemoteOptions & { grace?: number; secret?: string }) => {
      const { grace, secret } = options;
      const body = {
        ...(grace === undefined ? {} : { grace_s: grace }),
        ...(secret === undefined ? {} : { secret }),
      };
      print(formatOf(options), [await clientOf(options).webhooks.rotateSecret(id, body)], SECRET_COLUMNS);
    });
  remote(webhooks.command('test'))
    .description('send webhook.test to a webhook')
    .argument('<id>', 'whe_…')
    .addHelpText('after', example('webhooks test whe_01k…'))
    .action(async (id: string, options: RemoteOptions) => {
      print(formatOf(options), [await clientOf(options).webhooks.test(id)], DELIVERY_COLUMNS);
    });
  remote(webhooks.command('replay'))
    .description('send what was not delivered since then again')
    .argument('<id>', 'whe_…')
    .requiredOption('--since <time>', 'such as 2026-01-31T12:00:00Z')
    .option('--until <time>', 'by default now')
    .option('--status <status>', 'exhausted, skipped, or all', 'exhausted')
    .addHelpText('after', example('webhooks replay whe_01k… --since 2026-01-31T12:00:00Z --status skipped'))
    .action(async (id: string, options: RemoteOptions & BodyOf<'replayWebhook'>) => {
      const { since, until, status } = options;
      const body = {
        since,
        ...(status === undefined ? {} : { status }),
        ...(until === undefined ? {} : { until }),
      };
      const replayed = await clientOf(options).webhooks.replay(id, body);
      print(formatOf(options), [replayed], { SCHEDULED: ({ scheduled }) => String(scheduled) });
    });
}

function withFields(command: Command, events: string): Command {
  return command
    .option(
      '-e, --event <type>',
      `a type, such as job.failed, or job.*, or *; repeatable; ${events}`,
      collect,
      [],
    )
    .option('--description <text>', 'what it is for')
    .option('--max-in-flight <n>', 'requests to it at a time, 1 to 8', toCount);
}

function fieldsOf({ event, description, maxInFlight }: FieldOptions): BodyOf<'changeWebhook'> {
  return {
    ...(event.length === 0 ? {} : { events: event }),
    ...(description === undefined ? {} : { description }),
    ...(maxInFlight === undefined ? {} : { max_in_flight: maxInFlight }),
  };
}

function show(options: RemoteOptions, webhook: Webhook): void {
  print(formatOf(options), [webhook], WEBHOOK_COLUMNS);
}
