import { createReadStream } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { extname, join, sep } from 'node:path';
import { HeddleError } from '@heddle/contracts';
import { type BoardQueue, openQueueBoard, type QueueBoard } from '@heddle/queue';
import { Controller, Get, Inject, type OnModuleDestroy, Req, Res } from '@nestjs/common';
import { RouteConfig } from '@nestjs/platform-fastify';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { RESOURCES, type Resources } from '../resources.js';

const BASE = '/bull-board/';
/** The newest versions; who has more looks at `/v1/queues`. */
const MAX_QUEUES = 100;
/** bull-board draws an icon with a style of its own and knows its address by the page's base; nothing comes from another server. */
const CONTENT_SECURITY_POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; connect-src 'self'; " +
  "font-src 'self'; base-uri 'self'; form-action 'none'; frame-ancestors 'none'";
/** Of files, whose names change with their contents for the most part, in seconds. */
const FILE_CACHE = 'private, max-age=3600';
const TYPES: Record<string, string> = {
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.json': 'application/json; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.woff2': 'font/woff2',
};

interface Opened {
  board: QueueBoard;
  /** Paths below `static/`. */
  files: Set<string>;
}

/** bull-board under the same login, for operators who know it: the dispatch window, to look at. Nothing else in the api asks the window. */
@Controller('bull-board')
export class QueueBoardController implements OnModuleDestroy {
  private opened: Promise<Opened> | null = null;

  constructor(@Inject(RESOURCES) private readonly resources: Resources) {}

  @Get('*')
  @RouteConfig({ scopes: ['operate'] })
  async get(
    @Req() request: FastifyRequest<{ Querystring: Record<string, unknown> }>,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const { board, files } = await this.open();
    const path = `/${request.url.split('?', 1)[0]!.slice(BASE.length)}`;
    if (path.startsWith('/static/')) {
      const type = TYPES[extname(path)];
      if (!type || !files.has(path)) throw nothing();
      const bytes = createReadStream(join(board.folder, path));
      await reply.type(type).header('cache-control', FILE_CACHE).send(bytes);
    } else if (path.startsWith('/api/')) {
      const answer = await board.answer(path, request.query, await this.queues());
      if (!answer) throw nothing();
      await reply.status(answer.status).header('cache-control', 'no-store').send(answer.body);
    } else
      await reply
        .headers({ 'content-security-policy': CONTENT_SECURITY_POLICY, 'cache-control': 'no-store' })
        .type('text/html; charset=utf-8')
        .send(await board.page(BASE));
  }

  async onModuleDestroy(): Promise<void> {
    const opened = await this.opened?.catch(() => null);
    await opened?.board.close();
  }

  /** When somebody looks for the first time; again where that failed. */
  private open(): Promise<Opened> {
    this.opened ??= this.openNow().catch((error: unknown) => {
      this.opened = null;
      throw error;
    });
    return this.opened;
  }

  private async openNow(): Promise<Opened> {
    const { signalConnection, logger } = this.resources;
    const board = await openQueueBoard(signalConnection, (error) =>
      logger.warn({ error }, 'the connection of the queue board was lost'),
    );
    const entries = await readdir(join(board.folder, 'static'), { recursive: true });
    return { board, files: new Set(entries.map((entry) => `/static/${entry.split(sep).join('/')}`)) };
  }

  private async queues(): Promise<BoardQueue[]> {
    const found = await this.resources.store.queues.list(null, { before: null, limit: MAX_QUEUES });
    return found.map(({ id, model, number }) => ({ version: id, name: `${model}@${number}` }));
  }
}

function nothing(): HeddleError {
  return new HeddleError('not-found', 'There is nothing at this path.');
}
