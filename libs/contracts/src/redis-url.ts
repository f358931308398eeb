/** Where a Redis is, and who is asked for it. */
export type RedisAddress =
  | { kind: 'server'; url: string }
  | ({ kind: 'sentinel'; master: string; db: number; sentinelLogin: Login } & Nodes)
  | ({ kind: 'cluster' } & Nodes);

interface Nodes {
  /** Sentinels, or some nodes of the cluster; the others are learnt from them. */
  nodes: { host: string; port: number }[];
  tls: boolean;
  /** Of the servers that hold the data. */
  login: Login;
}

interface Login {
  username?: string;
  password?: string;
}

export const REDIS_URL_HELP =
  'must be redis://host:6379, redis+sentinel://host:26379,host:26379/master or redis+cluster://host:6379,host:6379; ' +
  'with TLS rediss://, rediss+sentinel:// or rediss+cluster://';

const DEFAULT_PORTS = { sentinel: 26_379, cluster: 6_379 } as const;
/** Several hosts in one URL are nothing that URL itself reads. */
const MANY_HOSTS =
  /^(rediss?)\+(sentinel|cluster):\/\/(?:([^@/?#]*)@)?([^/?#]+)(?:\/([^/?#]*))?(?:\/(\d{1,4}))?\/?(?:\?([^#]*))?$/;
const HOST = /^(\[[0-9a-fA-F:.]+\]|[A-Za-z0-9._-]+)(?::(\d{1,5}))?$/;
const SENTINEL_PARAMETERS = new Set(['sentinel_username', 'sentinel_password']);

/**
 * `redis[s]://…` as every client has it; `redis[s]+sentinel://[user:password@]host[:port],…/master[/db]`, where
 * `?sentinel_username=…&sentinel_password=…` are for the sentinels; `redis[s]+cluster://[user:password@]host[:port],…`.
 * Null when it is none of them.
 */
export function parseRedisUrl(url: string): RedisAddress | null {
  if (URL.canParse(url) && /^rediss?:$/.test(new URL(url).protocol)) return { kind: 'server', url };
  const [, scheme, kind, user, hosts, path, db, query] = MANY_HOSTS.exec(url) ?? [];
  if (kind !== 'sentinel' && kind !== 'cluster') return null;
  const nodes = hosts!.split(',').map((text) => nodeOf(text, DEFAULT_PORTS[kind]));
  const login = loginOf(user);
  const parameters = new URLSearchParams(query);
  if (!nodes.every((node) => node !== null) || !login) return null;
  const tls = scheme === 'rediss';
  if (kind === 'cluster') {
    // A cluster has one database.
    return path || db || parameters.size > 0 ? null : { kind, nodes, tls, login };
  }
  if (!path || [...parameters.keys()].some((name) => !SENTINEL_PARAMETERS.has(name))) return null;
  const sentinelLogin = {
    ...optional('username', parameters.get('sentinel_username')),
    ...optional('password', parameters.get('sentinel_password')),
  };
  return { kind, nodes, tls, login, sentinelLogin, master: path, db: Number(db ?? 0) };
}

/** Names an address for people, without its password. */
export function describeRedis(address: RedisAddress): string {
  if (address.kind === 'server') return `Redis at ${new URL(address.url).host}`;
  const hosts = address.nodes.map(({ host, port }) => `${host}:${port}`).join(', ');
  return address.kind === 'cluster'
    ? `The Redis Cluster at ${hosts}`
    : `The Redis "${address.master}" of the sentinels at ${hosts}`;
}

function nodeOf(text: string, defaultPort: number): { host: string; port: number } | null {
  const [, host, port] = HOST.exec(text) ?? [];
  const number = port === undefined ? defaultPort : Number(port);
  if (!host || number < 1 || number > 65_535) return null;
  return { host: host.replace(/^\[|\]$/g, ''), port: number };
}

/** `user:password`, `:password` or nothing; null when it cannot be decoded. */
function loginOf(text: string | undefined): Login | null {
  if (!text) return {};
  const separator = text.indexOf(':');
  const [username, password] =
    separator < 0 ? [text, ''] : [text.slice(0, separator), text.slice(separator + 1)];
  try {
    return {
      ...optional('username', decodeURIComponent(username)),
      ...optional('password', decodeURIComponent(password)),
    };
  } catch {
    return null;
  }
}

function optional(name: keyof Login, value: string | null): Login {
  return value ? { [name]: value } : {};
}
