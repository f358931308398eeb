import { rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { freePort, HOST, killServer, launchServer, startRedis, type TestRedis } from './redis.js';
import { redisServerPath } from './redis-server.js';
import { createTestFolder } from './test-folder.js';
import { waitFor } from './wait-for.js';

/** Milliseconds of silence after which the others take a server for dead. */
const DEAD_AFTER_MS = 1_000;
const SLOTS = 16_384;
const SETTLING_TIMEOUT_MS = 30_000;
const MASTER_NAME = 'window';

/** Several servers that stand in for one another. */
export interface TestRedisGroup {
  url: string;
  /** The server that holds the keys of `{heddle}` now. */
  master(): Promise<TestRedis>;
  /** Ends the present master for good, and waits until another is one. */
  failOver(): Promise<void>;
  /** kill -9 of all servers that hold data. */
  kill(): Promise<void>;
  restart(): Promise<void>;
  stop(): Promise<void>;
}

/** A Redis Cluster of three masters, and a replica of the one that holds the keys of `{heddle}`. */
export async function startRedisCluster(): Promise<TestRedisGroup> {
  const nodes: ClusterNode[] = [];
  for (let i = 0; i < 4; i++) nodes.push(await startClusterNode());
  const replica = nodes[3]!;
  const servers = nodes.map(({ server }) => server);
  const masters = servers.slice(0, 3);
  for (const [i, server] of masters.entries()) {
    const from = Math.ceil((i * SLOTS) / 3);
    const to = Math.ceil(((i + 1) * SLOTS) / 3) - 1;
    await ask(server, `CLUSTER SET-CONFIG-EPOCH ${i + 1}`);
    await ask(server, `CLUSTER ADDSLOTSRANGE ${from} ${to}`);
  }
  for (const { server, busPort } of nodes.slice(1))
    await ask(masters[0]!, `CLUSTER MEET ${HOST} ${server.port} ${busPort}`);
  for (const server of servers) {
    await settled(async () => /state:ok[\s\S]*known_nodes:4/.test(await ask(server, 'CLUSTER INFO')));
  }
  const slot = Number((await ask(masters[0]!, 'CLUSTER KEYSLOT {heddle}')).slice(1));
  const master = () => masterOf(servers, slot);
  const id = /[0-9a-f]{40}/.exec(await ask(await master(), 'CLUSTER MYID'))![0];
  await ask(replica.server, `CLUSTER REPLICATE ${id}`);
  await untilReplicates(replica.server);
  return {
    url: `redis+cluster://${servers.map(({ port }) => `${HOST}:${port}`).join()}`,
    master,
    failOver: async () => {
      await (await master()).kill();
      await settled(() =>
        master().then(
          () => true,
          () => false,
        ),
      );
    },
    ...together(servers),
    stop: async () => {
      await Promise.all(servers.map((server) => server.stop()));
    },
  };
}

/** A master, a replica of it, and a sentinel that watches both. */
export async function startRedisSentinel(): Promise<TestRedisGroup> {
  const first = await startRedis();
  const second = await startRedis({ replicaof: `${HOST} ${first.port}` });
  const servers = [first, second];
  await untilReplicates(second);
  const folder = await createTestFolder('heddle-test-sentinel-');
  const port = await freePort();
  // A sentinel writes what it learns into its file.
  const file = join(folder, 'sentinel.conf');
  await writeFile(
    file,
    [
      `bind ${HOST}`,
      `port ${port}`,
      `dir ${folder}`,
      `sentinel monitor ${MASTER_NAME} ${HOST} ${first.port} 1`,
      `sentinel down-after-milliseconds ${MASTER_NAME} ${DEAD_AFTER_MS}`,
      `sentinel failover-timeout ${MASTER_NAME} 5000`,
      '',
    ].join('\n'),
  );
  const sentinel = await launchServer(await redisServerPath(), [file, '--sentinel'], port);
  await settled(async () => /slaves=1/.test(await ask({ port }, 'INFO sentinel')));
  const master = async () => {
    const reply = await ask({ port }, `SENTINEL GET-MASTER-ADDR-BY-NAME ${MASTER_NAME}`);
    return servers.find((server) => reply.includes(`\r\n${server.port}\r\n`))!;
  };
  return {
    url: `redis+sentinel://${HOST}:${port}/${MASTER_NAME}`,
    master,
    failOver: async () => {
      const before = await master();
      await before.kill();
      await settled(async () => (await master()) !== before);
    },
    ...together(servers),
    stop: async () => {
      await killServer(sentinel);
      await Promise.all(servers.map((server) => server.stop()));
      await rm(folder, { recursive: true });
    },
  };
}

function together(servers: TestRedis[]): Pick<TestRedisGroup, 'kill' | 'restart'> {
  return {
    kill: async () => {
      await Promise.all(servers.map((server) => server.kill()));
    },
    restart: async () => {
      await Promise.all(servers.map((server) => server.restart()));
    },
  };
}

interface ClusterNode {
  server: TestRedis;
  /** Where the nodes talk to one another. */
  busPort: number;
}

async function startClusterNode(): Promise<ClusterNode> {
  // By default it is 10,000 above the other port, and that may be beyond the last one there is.
  const busPort = await freePort();
  const server = await startRedis({
    'cluster-enabled': 'yes',
    'cluster-config-file': 'nodes.conf',
    'cluster-node-timeout': String(DEAD_AFTER_MS),
    'cluster-port': String(busPort),
    appendonly: 'yes',
  });
  return { server, busPort };
}

/** The server that says that it is master of a slot. Throws when none does. */
async function masterOf(servers: TestRedis[], slot: number): Promise<TestRedis> {
  for (const server of servers) {
    const nodes = await ask(server, 'CLUSTER NODES').catch(() => '');
    const [, ranges = ''] = /\bmyself,master \S+ \S+ \S+ \S+ connected(.*)/.exec(nodes) ?? [];
    const holds = ranges.split(' ').some((range) => {
      const [from, to = from] = range.split('-').map(Number);
      return from! <= slot && slot <= to!;
    });
    if (holds && !nodes.includes('fail?')) return server;
  }
  throw new Error(`no server is master of slot ${slot}`);
}

function untilReplicates(server: TestRedis): Promise<unknown> {
  return settled(async () => (await ask(server, 'INFO replication')).includes('master_link_status:up'));
}

function settled(check: () => Promise<boolean>): Promise<unknown> {
  return waitFor(check, { timeoutMs: SETTLING_TIMEOUT_MS });
}

/** The reply to one command, as it comes over the wire. Rejects when it is an error. */
function ask({ port }: { port: number }, command: string): Promise<string> {
  const socket = connect(port, HOST);
  return new Promise((resolve, reject) => {
    let reply = '';
    socket.once('error', reject);
    socket.once('close', () => reject(new Error(`${command}: no reply`)));
    socket.once('connect', () => socket.write(`${command}\r\n`));
    socket.on('data', (chunk) => {
      reply += chunk.toString();
      if (!isComplete(reply)) return;
      if (reply.startsWith('-')) reject(new Error(`${command}: ${reply}`));
      else resolve(reply);
      socket.destroy();
    });
  });
}

/** Whether a reply of RESP is all there: a line, a text of a length, or a list of texts of a line each. */
function isComplete(reply: string): boolean {
  const [head = '', ...lines] = reply.split('\r\n');
  if (lines.length === 0) return false;
  const size = Number(head.slice(1));
  if (head.startsWith('$')) return reply.length >= head.length + 2 + size + 2;
  return head.startsWith('*') ? lines.length > 2 * size : true;
}
