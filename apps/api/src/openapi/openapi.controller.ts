import { Controller, Get, Header, Inject } from '@nestjs/common';
import { RouteConfig } from '@nestjs/platform-fastify';
import { RouteTable } from '../http/route-table.js';
import { VERSION } from '../version.js';
import { openApiDocument } from './document.js';
import { getOpenApi } from './operations.js';

@Controller('openapi.json')
export class OpenApiController {
  private document: string | undefined;

  constructor(@Inject(RouteTable) private readonly routes: RouteTable) {}

  /** Made once, of the routes that there are. */
  @Get()
  @Header('content-type', 'application/json; charset=utf-8')
  @RouteConfig({ operation: getOpenApi })
  get(): string {
    this.document ??= JSON.stringify(openApiDocument(this.routes.described(), VERSION));
    return this.document;
  }
}
