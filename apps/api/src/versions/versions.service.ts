import {
  changeVersionBody,
  HeddleError,
  importVersionBody,
  isImporting,
  type Page,
  type Version,
} from '@heddle/contracts';
import type { VersionKey, VersionRecord } from '@heddle/store';
import { versionView } from '@heddle/views';
import { Inject, Injectable } from '@nestjs/common';
import { actorOf, type Caller } from '../http/auth.js';
import { Cursors } from '../http/cursor.js';
import { findModel, findOwnModel } from '../http/find-model.js';
import { canonicalJson, idempotencyOf } from '../http/fingerprint.js';
import { largePageOf } from '../http/paging.js';
import { noQuery, type Query, readQuery } from '../http/query.js';
import { validateBody } from '../http/validate.js';
import { versionKeyOf } from '../http/version-key.js';
import { Waiters } from '../http/waiters.js';
import { RESOURCES, type Resources } from '../resources.js';
import { listVersionsQuery } from './operations.js';
import { sourceFiles } from './source-files.js';

/** Path of a version: its model and its own name below it. */
export interface VersionPath {
  model: string;
  version: string;
}

/** Versions and their imports. Workers do the importing; here rows are made, shown and changed. */
@Injectable()
export class VersionsService {
  private readonly cursors: Cursors;

  constructor(
    @Inject(RESOURCES) private readonly resources: Resources,
    private readonly waiters: Waiters,
  ) {
    this.cursors = new Cursors(resources.cursorSecret);
  }

  /** Commits an import that a worker will take up. */
  async import(
    caller: Caller,
    modelReference: string,
    body: unknown,
    idempotencyKey: string | null,
  ): Promise<{ version: Version; created: boolean }> {
    const { store } = this.resources;
    const { tenantId } = caller;
    const model = await findOwnModel(store, tenantId, modelReference);
    const {
      source,
      precision,
      head,
      tasks,
      labels,
      moderation,
      max_tokens: maxTokens,
      notes,
    } = validateBody(importVersionBody, body);
    const idempotency = idempotencyOf(idempotencyKey, body ?? {});
    // A replay is answered whatever has become of the files since.
    const earlier = idempotency && (await store.versions.findByKey(tenantId, model.id, idempotency.key));
    if (earlier?.requestHash.equals(idempotency!.requestHash)) {
      return { version: await this.show(tenantId, model.id, earlier.id), created: false };
    }
    const files = await sourceFiles(store, tenantId, source);
    const input = {
      tenantId,
      modelId: model.id,
      request: {
        source: source.type,
        precision,
        ...(head ? { head } : {}),
        ...(tasks ? { tasks } : {}),
        ...(labels ? { labels } : {}),
        ...(moderation ? { moderation } : {}),
        ...(maxTokens === undefined ? {} : { maxTokens }),
      },
      files,
      notes,
      idempotency,
    };
    const { id, created } = await store.versions.requestImport(input, actorOf(caller));
    if (created) this.waiters.publish('imports-submitted', id);
    return { version: await this.show(tenantId, model.id, id), created };
  }

  async list({ tenantId }: Caller, modelReference: string, query: Query): Promise<Page<Version>> {
    const { store } = this.resources;
    const model = await findModel(store, tenantId, modelReference);
    const { status, ...page } = readQuery(listVersionsQuery, query);
    const filter = status ? { states: status } : {};
    return largePageOf(
      this.cursors,
      `versions ${tenantId} ${model.id} ${canonicalJson(filter)}`,
      page,
      (range) => store.versions.list(tenantId, model.id, filter, range),
      versionView,
    );
  }

  /** As of jobs: the version now, or as it is when its import has ended or `waitS` have passed. */
  async get(caller: Caller, path: VersionPath, waitS = 0): Promise<{ version: Version; waited: boolean }> {
    const record = await this.find(caller, path);
    if (waitS === 0 || !isImporting(record.status)) {
      return { version: await this.withPlans(record), waited: waitS > 0 };
    }
    const key = { id: record.id };
    const look = () => this.resources.store.versions.find(caller.tenantId, record.modelId, key);
    const waited = await this.waiters.untilEnded('import', record.id, waitS, async () => {
      const now = await look();
      return now === null || !isImporting(now.status);
    });
    const now = await look();
    if (!now) throw noSuchVersion();
    return { version: await this.withPlans(now), waited };
  }

  private async withPlans(record: VersionRecord): Promise<Version> {
    return { ...versionView(record), plans: await this.resources.store.plans.ofVersion(record.id) };
  }

  async change(caller: Caller, path: VersionPath, body: unknown): Promise<Version> {
    const { id } = await this.find(caller, path, findOwnModel);
    const { notes, warm, archived } = validateBody(changeVersionBody, body);
    const change = {
      ...(notes === undefined ? {} : { notes }),
      ...(warm === undefined ? {} : { warm }),
      ...(archived === undefined ? {} : { archived }),
    };
    if (!(await this.resources.store.versions.change(caller.tenantId, id, change, actorOf(caller))))
      throw noSuchVersion();
    if (warm !== undefined || archived !== undefined) this.waiters.publish('versions-changed', id);
    return versionView(await this.find(caller, path));
  }

  /** An unfinished import is canceled by this. Errors: `not-found`, `in-use`. */
  async remove(caller: Caller, path: VersionPath, query: Query): Promise<void> {
    const { id } = await this.find(caller, path, findOwnModel);
    readQuery(noQuery, query);
    const removed = await this.resources.store.versions.remove(caller.tenantId, id, actorOf(caller));
    if (!removed) throw noSuchVersion();
    if (removed.canceled) this.waiters.publish('imports-canceled', id);
    this.waiters.publish('versions-changed', id);
  }

  private async show(tenantId: string, modelId: string, id: string): Promise<Version> {
    const record = await this.resources.store.versions.find(tenantId, modelId, { id });
    if (!record) throw noSuchVersion();
    return versionView(record);
  }

  private async find({ tenantId }: Caller, path: VersionPath, findIts = findModel): Promise<VersionRecord> {
    const { store } = this.resources;
    const model = await findIts(store, tenantId, path.model);
    const key: VersionKey | null = versionKeyOf(path.version);
    const record = key && (await store.versions.find(tenantId, model.id, key));
    if (!record) throw noSuchVersion();
    return record;
  }
}

function noSuchVersion(): HeddleError {
  return new HeddleError('not-found', 'There is no such version.');
}
