import { toPublicId } from '@heddle/contracts';
import { type OpenaiList, openaiList } from '@heddle/dialects';
import { Controller, Delete, Get, HttpCode, Inject, Post, Req, Res, StreamableFile } from '@nestjs/common';
import { RouteConfig } from '@nestjs/platform-fastify';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { FilesService } from '../../files/files.service.js';
import { callerOf } from '../../http/auth.js';
import { idempotencyKeyOf } from '../../http/headers.js';
import { type Query, readQuery } from '../../http/query.js';
import { RESOURCES, type Resources } from '../../resources.js';
import { afterOf } from './after.js';
import { filterOf, type OpenaiFile, openaiFilesQuery, openaiFileView, openaiUpload } from './files.js';
import {
  createOpenaiFile,
  deleteOpenaiFile,
  getOpenaiFile,
  getOpenaiFileContent,
  listOpenaiFiles,
} from './operations.js';

type FileRequest = FastifyRequest<{ Params: { id: string }; Querystring: Query }>;

@Controller('openai/v1/files')
export class OpenaiFilesController {
  constructor(
    @Inject(FilesService) private readonly files: FilesService,
    @Inject(RESOURCES) private readonly resources: Resources,
  ) {}

  @Post()
  @HttpCode(200)
  @RouteConfig({ scopes: ['infer'], multipart: true, operation: createOpenaiFile })
  async upload(
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<OpenaiFile> {
    const given = idempotencyKeyOf(request.headers['idempotency-key']);
    const key = given && `${request.routeOptions.url} ${given}`;
    const { file, created } = await this.files.upload(callerOf(request), request, key, {
      read: openaiUpload,
    });
    if (!created) void reply.header('idempotency-replayed', 'true');
    return openaiFileView(file);
  }

  @Get()
  @RouteConfig({ scopes: ['infer', 'read'], operation: listOpenaiFiles })
  async list(@Req() request: FileRequest): Promise<OpenaiList<OpenaiFile>> {
    const { after, limit, order, purpose } = readQuery(openaiFilesQuery, request.query);
    const page = { before: afterOf('file', after), limit: limit + 1, oldestFirst: order === 'asc' };
    const { tenantId } = callerOf(request);
    const files = await this.resources.store.files.list(tenantId, filterOf(purpose), page);
    return openaiList(files.slice(0, limit).map(openaiFileView), files.length > limit);
  }

  @Get(':id')
  @RouteConfig({ scopes: ['infer', 'read'], operation: getOpenaiFile })
  async get(@Req() request: FileRequest): Promise<OpenaiFile> {
    return openaiFileView(await this.files.find(callerOf(request), request.params.id));
  }

  @Get(':id/content')
  @RouteConfig({ scopes: ['infer', 'read'], operation: getOpenaiFileContent })
  async content(@Req() request: FileRequest): Promise<StreamableFile> {
    const file = await this.files.find(callerOf(request), request.params.id);
    return new StreamableFile(await this.files.content(file, undefined), {
      type: 'application/octet-stream',
      disposition: `attachment; filename*=UTF-8''${encodeURIComponent(file.filename)}`,
      length: file.bytes,
    });
  }

  @Delete(':id')
  @RouteConfig({ scopes: ['infer'], operation: deleteOpenaiFile })
  async remove(@Req() request: FileRequest): Promise<{ id: string; object: 'file'; deleted: true }> {
    const caller = callerOf(request);
    const { id } = await this.files.find(caller, request.params.id);
    await this.files.remove(caller, request.params.id);
    return { id: toPublicId('file', id), object: 'file', deleted: true };
  }
}
