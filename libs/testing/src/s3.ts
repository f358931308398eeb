import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { randomBytes, randomUUID } from 'node:crypto';
import { closeSync, openSync } from 'node:fs';
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { S3Client } from '@aws-sdk/client-s3';
import { type Ceph, cephPrograms } from './ceph.js';
import { freePort, HOST, killServer } from './redis.js';
import { createTestFolder } from './test-folder.js';
import { waitFor } from './wait-for.js';

/** Making its pools takes a few seconds on an idle machine. */
const START_TIMEOUT_MS = 90_000;
const REGION = 'default';
const MEMORY_BYTES = 8 * 1024 ** 3;

export interface TestS3 {
  /** Of the gateway; stays the same over kill and restart. */
  endpoint: string;
  port: number;
  region: string;
  /** Of a user of its own, who may do everything with its buckets. */
  accessKeyId: string;
  secretAccessKey: string;
  /** Speaks to it as that user. */
  client: S3Client;
  /** Makes an empty bucket of its own and returns its name. */
  createBucket(): Promise<string>;
  /** Keys of its objects. */
  keys(bucket: string): Promise<string[]>;
  /** Bytes that the user may store; null is no bound. Holds within a second. */
  setQuota(bytes: number | null): Promise<void>;
  /** kill -9 of the gateway; what is stored stays. */
  kill(): Promise<void>;
  restart(): Promise<void>;
  /** Stops and continues the gateway's process: connections stay open, and nothing is answered. */
  freeze(): void;
  thaw(): void;
  /** Stops and removes everything. */
  stop(): Promise<void>;
}

/** An S3 server of its own on a free port of 127.0.0.1: Ceph's gateway over a cluster of one disk, which is memory. */
export async function startS3(): Promise<TestS3> {
  const ceph = await cephPrograms();
  // Large, and most specs have no S3.
  const { CreateBucketCommand, ListObjectsV2Command, S3Client } = await import('@aws-sdk/client-s3');
  const folder = await createTestFolder('heddle-test-s3-');
  const [port, monitorPort] = [await freePort(), await freePort()];
  const cluster = new Cluster(ceph, folder, port, monitorPort);
  const user = {
    accessKeyId: randomBytes(10).toString('hex'),
    secretAccessKey: randomBytes(20).toString('hex'),
  };
  try {
    await cluster.start();
    await cluster.admin(
      'user',
      'create',
      '--uid=spec',
      '--display-name=spec',
      `--access-key=${user.accessKeyId}`,
      `--secret-key=${user.secretAccessKey}`,
    );
  } catch (cause) {
    const logs = await cluster.logs();
    await cluster.stop();
    await rm(folder, { recursive: true });
    throw new Error(`The S3 server did not start:\n${logs}`, { cause });
  }
  const endpoint = `http://${HOST}:${port}`;
  const client = new S3Client({ endpoint, region: REGION, credentials: user, forcePathStyle: true });
  return {
    endpoint,
    port,
    region: REGION,
    ...user,
    client,
    createBucket: async () => {
      const name = `spec-${randomBytes(8).toString('hex')}`;
      await client.send(new CreateBucketCommand({ Bucket: name }));
      return name;
    },
    keys: async (bucket) => {
      const { Contents = [] } = await client.send(new ListObjectsV2Command({ Bucket: bucket }));
      return Contents.map(({ Key }) => Key!);
    },
    setQuota: async (bytes) => {
      const scope = ['--quota-scope=user', '--uid=spec'];
      await cluster.admin('quota', 'set', ...scope, `--max-size=${bytes ?? -1}`);
      await cluster.admin('quota', bytes === null ? 'disable' : 'enable', ...scope);
    },
    kill: () => cluster.killGateway(),
    restart: async () => {
      await cluster.killGateway();
      await cluster.startGateway();
    },
    freeze: () => cluster.signalGateway('SIGSTOP'),
    thaw: () => cluster.signalGateway('SIGCONT'),
    stop: async () => {
      client.destroy();
      await cluster.stop();
      await rm(folder, { recursive: true });
    },
  };
}

/** A monitor, a disk and a gateway, each a process. */
class Cluster {
  private readonly processes: ChildProcess[] = [];
  private gateway: ChildProcess | undefined;
  private readonly env: Record<string, string>;

  constructor(
    private readonly ceph: Ceph,
    private readonly folder: string,
    private readonly port: number,
    private readonly monitorPort: number,
  ) {
    this.env = {
      ...(process.env as Record<string, string>),
      ...ceph.env,
      CEPH_CONF: join(folder, 'ceph.conf'),
    };
  }

  async start(): Promise<void> {
    const { folder } = this;
    const id = randomUUID();
    await writeFile(join(folder, 'ceph.conf'), this.configuration(id));
    await writeFile(join(folder, 'keyring'), '');
    await mkdir(join(folder, 'mon'));
    await mkdir(join(folder, 'osd'));
    const [monitors, disks] = [join(folder, 'monmap'), join(folder, 'osdmap')];
    await this.run(
      'monmaptool',
      '--create',
      '--fsid',
      id,
      '--addv',
      'a',
      `[v2:${HOST}:${this.monitorPort}]`,
      monitors,
    );
    await this.run('osdmaptool', '--createsimple', '1', disks);
    await this.run('ceph-mon', '--mkfs', '-i', 'a', '--monmap', monitors, '--osdmap', disks);
    this.processes.push(this.launch('ceph-mon', '-f', '-i', 'a'));
    // Asks the monitor for its map.
    await this.run('ceph-osd', '--mkfs', '-i', '0', '--osd-uuid', randomUUID());
    this.processes.push(this.launch('ceph-osd', '-f', '-i', '0'));
    await this.startGateway();
  }

  async startGateway(): Promise<void> {
    const gateway = this.launch('radosgw', '-f', '-n', 'client.admin');
    this.gateway = gateway;
    await waitFor(async () => gateway.exitCode !== null || (await this.answers()), {
      timeoutMs: START_TIMEOUT_MS,
    });
    if (gateway.exitCode !== null) throw new Error('radosgw ended at start');
  }

  async killGateway(): Promise<void> {
    if (!this.gateway) return;
    this.gateway.kill('SIGCONT');
    await killServer(this.gateway);
  }

  signalGateway(signal: NodeJS.Signals): void {
    this.gateway?.kill(signal);
  }

  async stop(): Promise<void> {
    await this.killGateway();
    for (const server of this.processes.reverse()) await killServer(server);
  }

  admin(...args: string[]): Promise<void> {
    // Its socket would be in the way of the gateway's, which goes by the same name.
    return this.run('radosgw-admin', ...args, '--admin-socket=');
  }

  async logs(): Promise<string> {
    const names = (await readdir(this.folder)).filter(
      (name) => name.endsWith('.log') || name.endsWith('.out'),
    );
    const ends = names.map(
      async (name) => `${name}: ${(await readFile(join(this.folder, name), 'utf8')).slice(-1_000)}`,
    );
    return (await Promise.all(ends)).join('\n');
  }

  private async answers(): Promise<boolean> {
    return fetch(`http://${HOST}:${this.port}`, { signal: AbortSignal.timeout(2_000) }).then(
      (response) => response.text().then(() => response.ok),
      () => false,
    );
  }

  private launch(program: string, ...args: string[]): ChildProcess {
    const output = openSync(join(this.folder, `${program}.out`), 'a');
    const child = spawn(this.ceph.program(program), args, {
      env: this.env,
      stdio: ['ignore', output, output],
    });
    closeSync(output);
    return child;
  }

  private async run(program: string, ...args: string[]): Promise<void> {
    await promisify(execFile)(this.ceph.program(program), args, { env: this.env, timeout: START_TIMEOUT_MS });
  }

  private configuration(id: string): string {
    const { folder } = this;
    const settings: Record<string, string | number> = {
      fsid: id,
      'mon host': `[v2:${HOST}:${this.monitorPort}/0]`,
      'mon data': join(folder, 'mon'),
      'osd data': join(folder, 'osd'),
      'osd objectstore': 'memstore',
      'memstore device bytes': MEMORY_BYTES,
      keyring: join(folder, 'keyring'),
      'run dir': folder,
      'log file': join(folder, '$name.log'),
      'admin socket': join(folder, '$name.asok'),
      'auth cluster required': 'none',
      'auth service required': 'none',
      'auth client required': 'none',
      // Without keys there is nothing to encrypt with.
      'ms mon client mode': 'crc',
      'public addr': HOST,
      'cluster addr': HOST,
      'osd pool default size': 1,
      'osd pool default min size': 1,
      'osd pool default pg num': 1,
      'osd pool default pgp num': 1,
      'osd pool default pg autoscale mode': 'off',
      'osd crush chooseleaf type': 0,
      'mon allow pool size one': 'true',
      // Specs run on machines whose disks are nearly full too.
      'mon data avail crit': 1,
      'mon data avail warn': 2,
      // Every change of a map waits for it, and making the pools takes many.
      'paxos propose interval': 0.05,
      'rgw frontends': `beast endpoint=${HOST}:${this.port}`,
      'rgw thread pool size': 64,
      // With it, a gateway that was killed is waited for by the next for half a minute: to be told of new buckets.
      'rgw cache enabled': 'false',
      // Quotas hold at once.
      'rgw user quota bucket sync interval': 0,
      'rgw bucket quota ttl': 0,
      ...this.ceph.settings,
    };
    return ['[global]', ...Object.entries(settings).map(([name, value]) => `${name} = ${value}`), ''].join(
      '\n',
    );
  }
}
