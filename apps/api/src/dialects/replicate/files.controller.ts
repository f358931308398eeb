import { HeddleError } from '@heddle/contracts';
import type { FileRecord } from '@heddle/store';
import { Controller, Delete, Get, HttpCode, Inject, Post, Req, Res } from '@nestjs/common';
import { RouteConfig } from '@nestjs/platform-fastify';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { FilesService } from '../../files/files.service.js';
import { type Caller, callerOf } from '../../http/auth.js';
import { Cursors } from '../../http/cursor.js';
import { idempotencyKeyOf } from '../../http/headers.js';
import type { Query } from '../../http/query.js';
import { RESOURCES, type Resources } from '../../resources.js';
import { baseUrlOf } from './base-url.js';
import { LABEL, type ReplicateFile, replicateFileView, UPLOAD } from './files.js';
import {
  createReplicateFile,
  deleteReplicateFile,
  getReplicateFile,
  listReplicateFiles,
} from './operations.js';
import { type ReplicatePage, replicatePage } from './pages.js';

type FileRequest = FastifyRequest<{ Params: { id: string }; Querystring: Query }>;

/** Files are kept; no prediction reads one. */
@Controller('replicate/v1/files')
export class ReplicateFilesController {
  private readonly cursors: Cursors;

  constructor(
    @Inject(FilesService) private readonly files: FilesService,
    @Inject(RESOURCES) private readonly resources: Resources,
  ) {
    this.cursors = new Cursors(resources.cursorSecret);
  }

  @Post()
  @HttpCode(201)
  @RouteConfig({ scopes: ['infer'], multipart: true, operation: createReplicateFile })
  async upload(
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<ReplicateFile> {
    const given = idempotencyKeyOf(request.headers['idempotency-key']);
    const key = given && `${request.routeOptions.url} ${given}`;
    const { file, created } = await this.files.upload(callerOf(request), request, key, UPLOAD);
    if (!created) void reply.header('idempotency-replayed', 'true');
    return replicateFileView(file, this.baseOf(request));
  }

  @Get()
  @RouteConfig({ scopes: ['infer', 'read'], operation: listReplicateFiles })
  async list(@Req() request: FileRequest): Promise<ReplicatePage<ReplicateFile>> {
    const { tenantId } = callerOf(request);
    const base = this.baseOf(request);
    return replicatePage(request, {
      name: `replicate files ${tenantId}`,
      cursors: this.cursors,
      base,
      load: async ({ before, backwards, limit }) => {
        const range = { before, limit: limit + 1, oldestFirst: backwards };
        const files = await this.resources.store.files.list(tenantId, { label: LABEL }, range);
        return { rows: files.slice(0, limit), more: files.length > limit };
      },
      view: (file) => replicateFileView(file, base),
    });
  }

  @Get(':id')
  @RouteConfig({ scopes: ['infer', 'read'], operation: getReplicateFile })
  async get(@Req() request: FileRequest): Promise<ReplicateFile> {
    const file = await this.find(callerOf(request), request.params.id);
    return replicateFileView(file, this.baseOf(request));
  }

  @Delete(':id')
  @HttpCode(204)
  @RouteConfig({ scopes: ['infer'], operation: deleteReplicateFile })
  async remove(@Req() request: FileRequest): Promise<void> {
    const caller = callerOf(request);
    await this.find(caller, request.params.id);
    await this.files.remove(caller, request.params.id);
  }

  /** Files of other interfaces are none here. */
  private async find(caller: Caller, id: string): Promise<FileRecord> {
    const file = await this.files.find(caller, id);
    if (file.label !== LABEL) throw new HeddleError('not-found', 'There is no such file.');
    return file;
  }

  private baseOf(request: FastifyRequest): string {
    return baseUrlOf(this.resources.config.env, request);
  }
}
