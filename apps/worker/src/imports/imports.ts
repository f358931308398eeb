import { join } from 'node:path';
import { openScratch, type Scratch } from '@heddle/artifacts';
import { HeddleError } from '@heddle/contracts';
import type { ClaimedImport } from '@heddle/store';
import { type Loop, startLoop } from '@heddle/telemetry';
import { Inject, Injectable } from '@nestjs/common';
import { RESOURCES, type Resources } from '../resources.js';
import { ImportLease } from './lease.js';
import { runImport } from './run-import.js';

/** A lost signal costs an import this long, and so does a worker that gave it back. */
const POLL_MS = 5_000;
/** How often expired files, and contents that nobody names any more, are removed; sooner where a signal tells of such. */
const SWEEP_MS = 60_000;

/** Imports of models, one at a time: a process of its own compiles while this worker goes on serving. */
@Injectable()
export class Imports {
  private scratch: Scratch | undefined;
  private loops: Loop[] = [];
  private sweeping: Loop | undefined;
  private unsubscribe: (() => Promise<void>)[] = [];
  private current: ImportLease | undefined;
  private stopping = false;

  constructor(@Inject(RESOURCES) private readonly resources: Resources) {}

  async start(): Promise<void> {
    const { config, logger, signals } = this.resources;
    this.scratch = await openScratch(join(config.dataDir, 'tmp'));
    if (this.stopping) return;
    this.sweeping = startLoop('file sweep', SWEEP_MS, logger, () => this.sweep());
    const imports = startLoop('imports', POLL_MS, logger, () => this.round());
    this.loops = [imports, this.sweeping];
    this.unsubscribe = [
      await signals.subscribe('imports-submitted', () => imports.wake()),
      await signals.subscribe('imports-canceled', (ids) => {
        if (this.current && ids.split(',').includes(this.current.fence.id)) this.current.giveUp('lost');
      }),
      await signals.subscribe('versions-changed', () => this.sweeping?.wake()),
      await signals.subscribe('files-deleted', () => this.sweeping?.wake()),
    ];
  }

  /** Gives the present import back, without counting it as an attempt. */
  async stop(): Promise<void> {
    this.stopping = true;
    for (const unsubscribe of this.unsubscribe) await unsubscribe();
    this.current?.giveUp('drained');
    await Promise.all(this.loops.map((loop) => loop.stop()));
    await this.scratch?.close();
  }

  /** Takes imports up as long as there are any. */
  private async round(): Promise<void> {
    const { store, workerId, config } = this.resources;
    this.tell(await store.versions.failLostImports());
    while (!this.stopping) {
      const worker = { id: workerId, leaseMs: config.env.HEDDLE_LEASE_MS };
      const claimed = await store.versions.claimImport(worker);
      if (!claimed) return;
      await this.take(claimed);
      this.tell([claimed.id]);
    }
  }

  private async take(claimed: ClaimedImport): Promise<void> {
    const { logger } = this.resources;
    const lease = new ImportLease(this.resources, claimed);
    this.current = lease;
    logger.info({ version: claimed.id, attempt: claimed.attempt }, 'import begins');
    if (this.stopping) lease.giveUp('drained');
    try {
      await runImport(this.resources, this.scratch!, claimed, lease);
      logger.info({ version: claimed.id }, 'import ended');
    } catch (error) {
      await this.giveBack(lease, error);
    } finally {
      this.current = undefined;
      await lease.end();
      await this.scratch!.close();
      this.sweeping?.wake();
    }
  }

  private async giveBack(lease: ImportLease, error: unknown): Promise<void> {
    const { store, logger } = this.resources;
    const { id } = lease.fence;
    if (error === 'lost') {
      logger.info({ version: id }, 'import was canceled or taken over');
    } else if (error === 'drained') {
      await store.versions.giveImportBack(lease.fence, 'drained');
    } else {
      const crashed = error instanceof HeddleError && error.code === 'worker-crashed';
      if (crashed) logger.warn({ error, version: id }, 'import process died');
      else logger.error({ error, version: id }, 'import failed unexpectedly');
      await store.versions.giveImportBack(lease.fence, 'crashed');
    }
  }

  private async sweep(): Promise<void> {
    const { store, artifacts } = this.resources;
    await store.files.sweep();
    await store.contents.removeUnreferenced(
      (sha256) => artifacts.remove(sha256),
      () => !this.stopping,
    );
  }

  private tell(versions: string[]): void {
    if (versions.length > 0) this.resources.signals.publish('versions-changed', versions.join(','));
  }
}
