import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { createBullBoard } from '@bull-board/api';
import { BullMQAdapter } from '@bull-board/api/bullMQAdapter';
import type {
  AppControllerRoute,
  BullBoardQueues,
  IServerAdapter,
  UIConfig,
} from '@bull-board/api/typings/app';
import { type BackendFactory, type IQueueBackend, Queue } from 'bullmq';
import { openBackend } from './dispatch-queue.js';
import { translateErrors } from './errors.js';
import type { OnError, QueueConnection } from './queue.js';
import { PREFIX } from './settings.js';

/** Seconds between two looks of the page. */
const POLLING_S = 5;
/** Connections of a window in Postgres: few people look at a time. */
const POOL_SIZE = 2;

/** A version's part of the window, as people know it. */
export interface BoardQueue {
  /** UUID. */
  version: string;
  name: string;
}

/** bull-board over the dispatch window: to look at, not to touch. */
export interface QueueBoard {
  /** Folder of the page's files, which it asks for below `static/`. */
  folder: string;
  /** The page, whose files and questions are below `base`, such as `/bull-board/`. */
  page(base: string): Promise<string>;
  /**
   * What it asks of these queues, at a path such as `/api/queues`; null where nothing is at it. Rejects with `overloaded` while the
   * backend is away.
   */
  answer(
    path: string,
    query: Record<string, unknown>,
    queues: BoardQueue[],
  ): Promise<{ status: number; body: string | object } | null>;
  close(): Promise<void>;
}

/** @throws Error when the backend cannot be reached now. */
export async function openQueueBoard(
  connection: QueueConnection,
  onError: OnError = () => {},
): Promise<QueueBoard> {
  const folder = join(dirname(createRequire(import.meta.url).resolve('@bull-board/ui/package.json')), 'dist');
  const limited: QueueConnection =
    connection.kind === 'postgres' ? { ...connection, poolSize: POOL_SIZE } : connection;
  const { root, close } = await openBackend(limited, onError);
  const adapters = new Map<string, BullMQAdapter>();
  function adapterOf({ version, name }: BoardQueue): BullMQAdapter {
    const existing = adapters.get(version);
    if (existing) return existing;
    const backend: BackendFactory<IQueueBackend, null> = () => root.forQueue(version, PREFIX);
    // The dispatcher's are written, not those of who looks.
    const queue = new Queue(version, { connection: null, prefix: PREFIX, skipMetasUpdate: true }, backend);
    queue.on('error', onError);
    // Queues are listed by their own names, which are UUIDs: the prefix stands before them.
    const options = { readOnlyMode: true, displayName: name, prefix: `${name} ` };
    const adapter = new BullMQAdapter(queue as unknown as Queue, options);
    adapters.set(version, adapter);
    return adapter;
  }

  const server = new Server();
  const board = createBullBoard({
    queues: [],
    serverAdapter: server,
    options: {
      uiBasePath: dirname(folder),
      uiConfig: {
        boardTitle: 'Dispatch window',
        hideDocsLink: true,
        miscLinks: [{ text: 'Heddle', url: '/queues' }],
        pollingInterval: { showSetting: false, forceInterval: POLLING_S },
      },
    },
  });
  return {
    folder,
    page: async (base) => pageOf(await readFile(join(folder, 'index.ejs'), 'utf8'), base, server.uiConfig),
    answer: (path, query, queues) =>
      translateErrors(async () => {
        board.replaceQueues(queues.map(adapterOf));
        return server.answer(path, query).catch((error: unknown) => {
          // A name with a stray "%" names nothing.
          if (error instanceof URIError) return null;
          throw error;
        });
      }),
    close,
  };
}

/** Keeps what bull-board would have a web framework serve. */
class Server implements IServerAdapter {
  uiConfig: UIConfig = {};
  private queues: BullBoardQueues = new Map();
  private routes: { pattern: RegExp; handler: AppControllerRoute['handler'] }[] = [];

  /** Only what is read: no route changes anything. */
  setApiRoutes(routes: AppControllerRoute[]): this {
    this.routes = routes
      .filter(({ method }) => [method].flat().includes('get'))
      .flatMap(({ route, handler }) => [route].flat().map((path) => ({ pattern: patternOf(path), handler })));
    return this;
  }

  async answer(
    path: string,
    query: Record<string, unknown>,
  ): Promise<{ status: number; body: string | object } | null> {
    for (const { pattern, handler } of this.routes) {
      const groups = pattern.exec(path)?.groups;
      if (!groups) continue;
      const params = Object.fromEntries(
        Object.entries(groups).map(([name, text]) => [name, decodeURIComponent(text)]),
      );
      const { queues, uiConfig } = this;
      const { status = 200, body } = await handler({
        queues,
        uiConfig,
        params,
        query,
        body: {},
        headers: {},
      });
      return { status, body };
    }
    return null;
  }

  setQueues(queues: BullBoardQueues): this {
    this.queues = queues;
    return this;
  }

  setUIConfig(config: UIConfig): this {
    this.uiConfig = config;
    return this;
  }

  setViewsPath(): this {
    return this;
  }

  setStaticPath(): this {
    return this;
  }

  setEntryRoute(): this {
    return this;
  }

  setErrorHandler(): this {
    return this;
  }
}

/** `/api/queues/:queueName` with a group for each parameter. */
function patternOf(route: string): RegExp {
  return new RegExp(`^${route.replaceAll(/:(\w+)/g, '(?<$1>[^/]+)')}(?<rest>)$`);
}

/** bull-board's own page without what the policy of Heddle's pages forbids: styles in the page, and fonts of another server. */
function pageOf(template: string, base: string, config: UIConfig): string {
  const found = (pattern: RegExp) => [...template.matchAll(pattern)].map(([, path]) => path!);
  const styles = found(/<link\b[^>]*\bhref="(static\/[^"]+\.css)"/g);
  const scripts = found(/<script\b[^>]*\bsrc="(static\/[^"]+\.js)"/g);
  const json = JSON.stringify(config).replaceAll('<', '\\u003c');
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<base href="${base}">
<title>Heddle: dispatch window</title>
<link rel="icon" type="image/svg+xml" href="/icon.svg" id="fav-logo">
${styles.map((path) => `<link rel="stylesheet" href="${path}">`).join('\n')}
</head>
<body>
<script id="__UI_CONFIG__" type="application/json">${json}</script>
<div id="root"></div>
${scripts.map((path) => `<script defer src="${path}"></script>`).join('\n')}
</body>
</html>
`;
}
