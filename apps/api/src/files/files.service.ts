import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Environment } from '@heddle/config';
import {
  type FilePurpose,
  fromPublicId,
  HeddleError,
  isStorableText,
  LIMITS,
  type Page,
  type StoredFile,
  toPublicId,
  uploadFields,
} from '@heddle/contracts';
import { type FileRecord, overQuota } from '@heddle/store';
import { Inject, Injectable } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import type { Caller } from '../http/auth.js';
import { Cursors } from '../http/cursor.js';
import { quotaOf } from '../http/file-quota.js';
import { canonicalJson, idempotencyOf } from '../http/fingerprint.js';
import { receiveUpload, type SizeLimit, type Upload, type UploadForm } from '../http/multipart.js';
import { pageOf } from '../http/paging.js';
import { noQuery, type Query, readQuery } from '../http/query.js';
import { validate } from '../http/validate.js';
import { Waiters } from '../http/waiters.js';
import { RESOURCES, type Resources } from '../resources.js';
import { fileView } from './file-view.js';
import { listFilesQuery } from './operations.js';
import { UploadsInFlight } from './uploads-in-flight.js';

/** Control characters and separators of paths: a name is shown, and becomes a file's name in an import. */
const ODD_NAME = /[\p{Cc}/\\]/u;

/** How long an upload waits for the first one with its key, as other requests wait for a row's commit, and pauses between looks. */
const FIRST_MS = 2_000;
const LOOK_MS = 50;

/** What an upload says of its file beside its name. */
export interface UploadWish {
  purpose: FilePurpose;
  /** Of purpose `other`: what it is for. */
  label?: string | null;
  expires_in_s?: number | undefined;
}

/** How uploads of an interface are written. */
export interface UploadRules {
  form?: UploadForm;
  /** Of the fields beside the file. Errors: `validation`. */
  read(fields: Record<string, string>): UploadWish;
}

const NATIVE: UploadRules = { read: (fields) => validate(uploadFields, fields) };

/** Uploaded files: rows in Postgres, bytes in the artefact store. */
@Injectable()
export class FilesService {
  private readonly cursors: Cursors;

  constructor(
    @Inject(RESOURCES) private readonly resources: Resources,
    private readonly waiters: Waiters,
    private readonly inFlight: UploadsInFlight,
  ) {
    this.cursors = new Cursors(resources.cursorSecret);
  }

  /** Takes the file of a multipart request. After any error nothing of it is kept. */
  async upload(
    caller: Caller,
    request: FastifyRequest,
    idempotencyKey: string | null,
    rules: UploadRules = NATIVE,
  ): Promise<{ file: FileRecord; created: boolean }> {
    const { scratch, config, store } = this.resources;
    const quota = quotaOf(config.env);
    const room = await store.files.room(caller.tenantId, quota, idempotencyKey);
    const bytes = this.inFlight.begin(caller.tenantId);
    const dir = await scratch.create();
    try {
      const path = join(dir, 'upload');
      const limit = ({ purpose }: Record<string, string>): SizeLimit => {
        // What models consist of comes by the native API alone.
        const most = rules === NATIVE ? maxBytesOf(config.env, purpose) : config.env.HEDDLE_MAX_FILE_BYTES;
        return room < most
          ? { bytes: room, error: () => overQuota(quota) }
          : { bytes: most, error: () => tooLarge(most) };
      };
      const upload = await receiveUpload(request, {
        path,
        limit,
        room: bytes,
        ...(rules.form ? { form: rules.form } : {}),
      });
      const { id, created } = await afterFirst(() => this.reserve(caller, upload, idempotencyKey, rules));
      if (created) await this.store(caller, id, path, upload);
      const [record] = await store.files.findMany(caller.tenantId, [id]);
      if (!record) throw noSuchFile();
      return { file: record, created };
    } finally {
      await rm(dir, { recursive: true, force: true }).finally(() => bytes.end());
    }
  }

  list(caller: Caller, query: Query): Promise<Page<StoredFile>> {
    const { purpose, ...page } = readQuery(listFilesQuery, query);
    const filter = purpose === undefined ? {} : { purposes: [purpose] };
    const listing = `files ${caller.tenantId} ${canonicalJson(filter)}`;
    const load = (range: Parameters<Resources['store']['files']['list']>[2]) =>
      this.resources.store.files.list(caller.tenantId, filter, range);
    return pageOf(this.cursors, listing, page, load, fileView);
  }

  /** Throws `not-found`. */
  async find(caller: Caller, publicId: string): Promise<FileRecord> {
    const id = fromPublicId('file', publicId);
    const [record] = id ? await this.resources.store.files.findMany(caller.tenantId, [id]) : [];
    if (!record) throw noSuchFile();
    return record;
  }

  /** The bytes, or those of a range. That they are lost is no fault of who asks for them: it is a bug, and logged as one. */
  async content(
    { id, sha256 }: FileRecord,
    range: { start: number; end: number } | undefined,
  ): Promise<Readable> {
    try {
      return await this.resources.artifacts.read(sha256, range);
    } catch (cause) {
      if (!(cause instanceof HeddleError) || cause.code !== 'artifact-corrupt') throw cause;
      throw new Error(`the bytes of ${toPublicId('file', id)} are not in the store`, { cause });
    }
  }

  /** Errors: `not-found`, `in-use`. */
  async remove(caller: Caller, publicId: string, query: Query = {}): Promise<void> {
    const { id } = await this.find(caller, publicId);
    readQuery(noQuery, query);
    if (!(await this.resources.store.files.remove(caller.tenantId, id))) throw noSuchFile();
    this.waiters.publish('files-deleted', '');
  }

  private reserve(
    caller: Caller,
    upload: Upload,
    idempotencyKey: string | null,
    { form, read }: UploadRules,
  ) {
    const { filename, bytes, sha256 } = upload;
    const wish = read(upload.fields);
    if (
      filename === '' ||
      filename.length > LIMITS.maxFilenameChars ||
      ODD_NAME.test(filename) ||
      !isStorableText(filename)
    ) {
      throw new HeddleError('validation', 'One field is wrong; see errors.', {
        errors: [{ pointer: `/${form?.file ?? 'file'}`, code: 'value', message: 'needs a plain file name' }],
      });
    }
    return this.resources.store.files.reserve({
      tenantId: caller.tenantId,
      purpose: wish.purpose,
      label: wish.label ?? null,
      filename,
      bytes,
      sha256,
      expiresInS: wish.expires_in_s ?? null,
      idempotency: idempotencyOf(idempotencyKey, { ...wish, filename, sha256 }),
      quota: quotaOf(this.resources.config.env),
    });
  }

  private async store(
    { tenantId }: Caller,
    id: string,
    path: string,
    { sha256, bytes }: Upload,
  ): Promise<void> {
    const { store, artifacts } = this.resources;
    try {
      await artifacts.put(path, { digest: { sha256, bytes }, move: true });
      await store.files.markStored(tenantId, id);
    } catch (error) {
      await store.files.discard(tenantId, id);
      throw error;
    }
  }
}

/** What `reserve` gives once the first request with its key has ended, where that is within a while. */
async function afterFirst<T>(reserve: () => Promise<T>): Promise<T> {
  const until = performance.now() + FIRST_MS;
  for (;;) {
    try {
      return await reserve();
    } catch (error) {
      const isRunning = error instanceof HeddleError && error.code === 'idempotency-in-progress';
      if (!isRunning || performance.now() > until) throw error;
    }
    await sleep(LOOK_MS);
  }
}

/** Bytes of a file for this purpose, or of any while it is unknown. */
function maxBytesOf(env: Environment, purpose: string | undefined): number {
  if (purpose === undefined) return Math.max(env.HEDDLE_MAX_MODEL_BYTES, env.HEDDLE_MAX_FILE_BYTES);
  return purpose === 'model' ? env.HEDDLE_MAX_MODEL_BYTES : env.HEDDLE_MAX_FILE_BYTES;
}

function tooLarge(bytes: number): HeddleError {
  return new HeddleError('payload-too-large', `A file may have ${bytes} bytes.`);
}

function noSuchFile(): HeddleError {
  return new HeddleError('not-found', 'There is no such file.');
}
