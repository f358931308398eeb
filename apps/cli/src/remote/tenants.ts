import type { BodyOf, Tenant } from '@heddle/client';
import type { Command } from 'commander';
import { example } from '../command-name.js';
import { CliError, EXIT } from './errors.js';
import { clientOf, formatOf, type Limit, printPage, type RemoteOptions, remote, toLimit } from './options.js';
import { print } from './output.js';

const TENANT_COLUMNS: Record<string, (tenant: Tenant) => string> = {
  TENANT: (tenant) => tenant.slug,
  NAME: (tenant) => tenant.name,
  'PER MINUTE': (tenant) => String(tenant.limits.rate_limit_per_min ?? 'default'),
  'QUEUED ITEMS': (tenant) => String(tenant.limits.max_queued_items_per_tenant ?? 'default'),
  STATE: (tenant) => (tenant.suspended ? 'suspended' : 'active'),
  CREATED: (tenant) => tenant.created_at,
};

interface LimitOptions {
  rateLimit?: Limit;
  maxQueued?: Limit;
}

/** For operators. */
export function addTenantCommands(program: Command): void {
  const tenants = program.command('tenants').description('make, list, limit and suspend tenants');
  withLimits(remote(tenants.command('create')))
    .description('make a tenant and print its first key, once')
    .argument('<slug>', 'lower-case letters, digits and "-"')
    .option('--name <name>', 'what it is called; by default its slug')
    .addHelpText('after', example('tenants create acme --name "Acme Inc." --rate-limit 1200'))
    .action(async (slug: string, options: RemoteOptions & LimitOptions & { name?: string }) => {
      const body = { slug, name: options.name ?? slug, limits: limitsOf(options) };
      const tenant = await clientOf(options).tenants.create(body);
      if (formatOf(options) !== 'table') return print(formatOf(options), [tenant], TENANT_COLUMNS);
      if (!tenant.key?.secret) {
        throw new CliError(
          `${slug} was made, but its key was lost on the way: make one with "keys create --tenant ${slug}"`,
          EXIT.network,
        );
      }
      process.stderr.write(
        `${slug} was made; its first key (${tenant.key.scopes.join(', ')}), shown only now:\n`,
      );
      process.stdout.write(`${tenant.key.secret}\n`);
    });
  remote(tenants.command('list'))
    .description('list all tenants, newest first')
    .option('--limit <n>', 'how many, 1 to 100', '20')
    .addHelpText('after', example('tenants list'))
    .action(async (options: RemoteOptions & { limit: string }) => {
      const page = await clientOf(options)
        .tenants.list({ limit: Number(options.limit) })
        .page();
      printPage(options, page, TENANT_COLUMNS);
    });
  withLimits(remote(tenants.command('update')))
    .description('change what a tenant is called and may do')
    .argument('<slug>')
    .option('--name <name>', 'what it is called')
    .addHelpText('after', example('tenants update acme --max-queued 5000'))
    .action(async (slug: string, options: RemoteOptions & LimitOptions & { name?: string }) => {
      const { name } = options;
      await change(slug, options, { ...(name === undefined ? {} : { name }), limits: limitsOf(options) });
    });
  for (const [verb, suspended, description] of [
    ['suspend', true, 'refuse the keys of a tenant; what it has queued goes on'],
    ['resume', false, 'take the keys of a suspended tenant again'],
  ] as const) {
    remote(tenants.command(verb))
      .description(description)
      .argument('<slug>')
      .addHelpText('after', example(`tenants ${verb} acme`))
      .action((slug: string, options: RemoteOptions) => change(slug, options, { suspended }));
  }
}

function withLimits(command: Command): Command {
  return command
    .option(
      '--rate-limit <n>',
      "requests a minute of each of its keys; 0 is none, default the server's",
      toLimit,
    )
    .option('--max-queued <n>', "items it may have queued or running; default the server's", toLimit);
}

function limitsOf({ rateLimit, maxQueued }: LimitOptions): Record<string, number | null> {
  return {
    ...(rateLimit === undefined ? {} : { rate_limit_per_min: orNull(rateLimit) }),
    ...(maxQueued === undefined ? {} : { max_queued_items_per_tenant: orNull(maxQueued) }),
  };
}

/** In the API null is the server's default. */
function orNull(limit: Limit): number | null {
  return limit === 'default' ? null : limit;
}

async function change(slug: string, options: RemoteOptions, body: BodyOf<'updateTenant'>): Promise<void> {
  print(formatOf(options), [await clientOf(options).tenants.update(slug, body)], TENANT_COLUMNS);
}
