import { Readable } from 'node:stream';
import type { Page, StoredFile } from '@heddle/contracts';
import { Controller, Delete, Get, HttpCode, Inject, Post, Req, Res, StreamableFile } from '@nestjs/common';
import { RouteConfig } from '@nestjs/platform-fastify';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { callerOf } from '../http/auth.js';
import { idempotencyKeyOf } from '../http/headers.js';
import { linkToNext } from '../http/paging.js';
import { noQuery, type Query, readQuery } from '../http/query.js';
import { assertMatch, etagOf, rangeOf } from './content.js';
import { fileView } from './file-view.js';
import { FilesService } from './files.service.js';
import { deleteFile, downloadFile, getFile, listFiles, uploadFile } from './operations.js';

type FileRequest = FastifyRequest<{ Params: { id: string }; Querystring: Query }>;

@Controller('v1/files')
export class FilesController {
  constructor(@Inject(FilesService) private readonly files: FilesService) {}

  @Post()
  @RouteConfig({ scopes: ['infer', 'manage'], multipart: true, operation: uploadFile })
  async upload(
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<StoredFile> {
    const key = idempotencyKeyOf(request.headers['idempotency-key']);
    const { file, created } = await this.files.upload(callerOf(request), request, key);
    const shown = fileView(file);
    void reply.status(201).header('location', `/v1/files/${shown.id}`);
    if (!created) void reply.header('idempotency-replayed', 'true');
    return shown;
  }

  @Get()
  @RouteConfig({ scopes: ['infer', 'read'], operation: listFiles })
  async list(
    @Req() request: FileRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<Page<StoredFile>> {
    const page = await this.files.list(callerOf(request), request.query);
    if (page.next_cursor) linkToNext(request, reply, page.next_cursor);
    return page;
  }

  @Get(':id')
  @RouteConfig({ scopes: ['infer', 'read'], operation: getFile })
  async get(@Req() request: FileRequest): Promise<StoredFile> {
    const file = await this.files.find(callerOf(request), request.params.id);
    readQuery(noQuery, request.query);
    return fileView(file);
  }

  @Get(':id/content')
  @RouteConfig({ scopes: ['infer', 'read'], operation: downloadFile })
  async content(
    @Req() request: FileRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<StreamableFile> {
    const file = await this.files.find(callerOf(request), request.params.id);
    readQuery(noQuery, request.query);
    assertMatch(request.headers, file);
    // RFC 9110: only GET has ranges. HEAD has no body to read from the store either.
    const isHead = request.method === 'HEAD';
    const range = isHead ? undefined : rangeOf(request.headers, file);
    const content = isHead ? Readable.from([]) : await this.files.content(file, range);
    // Not before: a problem is not the file.
    void reply.headers({ 'accept-ranges': 'bytes', etag: etagOf(file) });
    if (range) {
      void reply.status(206).header('content-range', `bytes ${range.start}-${range.end}/${file.bytes}`);
    }
    return new StreamableFile(content, {
      type: 'application/octet-stream',
      disposition: `attachment; filename*=UTF-8''${encodeURIComponent(file.filename)}`,
      length: range ? range.end - range.start + 1 : file.bytes,
    });
  }

  @Delete(':id')
  @HttpCode(204)
  @RouteConfig({ scopes: ['infer', 'manage'], operation: deleteFile })
  async remove(@Req() request: FileRequest): Promise<void> {
    await this.files.remove(callerOf(request), request.params.id, request.query);
  }
}
