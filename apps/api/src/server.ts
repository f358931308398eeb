import 'reflect-metadata';
import type { Server as HttpServer } from 'node:http';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import type { FastifyHttpOptions } from 'fastify';
import { ApiModule } from './api.module.js';
import { MOUNTS } from './dialects/mounts.js';
import { dialectUrl } from './dialects/url.js';
import { authenticateRequests } from './http/auth.js';
import { limitBodyTime } from './http/body-time.js';
import { answerClientError } from './http/client-errors.js';
import { ErrorAnswers } from './http/error-answers.js';
import { addCommonHeaders, requestIdOf } from './http/headers.js';
import { enforceHttpRules } from './http/http-rules.js';
import { acceptJson } from './http/json-body.js';
import { acceptUploads } from './http/multipart.js';
import { ProblemFilter } from './http/problem.filter.js';
import { expectedError } from './http/problem.js';
import { refuseQueriesOfWrites } from './http/query-of-writes.js';
import { RouteTable } from './http/route-table.js';
import { acceptStreamTokens, StreamTokens } from './http/stream-token.js';
import { acceptTensors } from './http/tensor-body.js';
import type { Resources } from './resources.js';

/** The headers of a request must have come within this time; bodies have a time of their own (http/body-time.ts). */
const HEADERS_TIMEOUT_MS = 10_000;
const TIMEOUT_CHECK_MS = 1_000;
const MAX_HEADER_BYTES = 16 * 1024;

export interface Server {
  /** Resolves with the address. */
  listen(): Promise<string>;
  /** Takes nothing new, lets what is under way end, releases who waits. */
  stop(): Promise<void>;
}

/** The HTTP server, not yet listening. */
export async function createServer(resources: Resources): Promise<Server> {
  const { config, logger, metrics } = resources;
  const routes = new RouteTable(MOUNTS);
  const errors = new ErrorAnswers(MOUNTS, config.env);
  const options: FastifyHttpOptions<HttpServer> = {
    logger: false,
    genReqId: (request) => requestIdOf(request.headers['x-request-id']),
    requestTimeout: 0,
    rewriteUrl: ({ url }) => dialectUrl(url ?? '/'),
    http: {
      requireHostHeader: false,
      maxHeaderSize: MAX_HEADER_BYTES,
      headersTimeout: HEADERS_TIMEOUT_MS,
      connectionsCheckingInterval: TIMEOUT_CHECK_MS,
    },
    clientErrorHandler: (error, socket) =>
      answerClientError(error, socket, config.env.HEDDLE_PUBLIC_URL ?? ''),
    frameworkErrors: (error, request, reply) => {
      void reply.header('x-request-id', request.id);
      errors.send(reply, request, expectedError(error) ?? routes.missing(request));
    },
  };
  const adapter = new FastifyAdapter(options);
  const fastify = adapter.getInstance();
  routes.watch(fastify);
  addCommonHeaders(fastify);
  enforceHttpRules(fastify);
  // Before anything is asked of a request, also of its body.
  fastify.addHook('onRequest', (request, _reply, done) =>
    done(routes.lacks(request) ? routes.missing(request) : undefined),
  );
  acceptStreamTokens(fastify, new StreamTokens(resources.streamSecret));
  authenticateRequests(fastify, resources);
  limitBodyTime(fastify, config.env);
  acceptJson(fastify, config.env.HEDDLE_MAX_BODY_BYTES);
  acceptTensors(fastify, config.env.HEDDLE_MAX_BODY_BYTES);
  acceptUploads(fastify);
  refuseQueriesOfWrites(fastify);
  let stopping = false;
  fastify.addHook('onSend', (_request, reply, payload, done) => {
    // A connection that becomes idle while the server stops would hold it up until its keep-alive ends.
    if (stopping) void reply.header('connection', 'close');
    done(null, payload);
  });
  // Route, status and duration; never a body, a query or a key.
  fastify.addHook('onResponse', (request, reply, done) => {
    metrics.answered(request, reply);
    logger.info(
      {
        method: request.method,
        route: request.routeOptions.url ?? null,
        status: reply.statusCode,
        duration_ms: Math.round(reply.elapsedTime * 10) / 10,
        request_id: request.id,
      },
      'request',
    );
    done();
  });
  const app = await NestFactory.create<NestFastifyApplication>(ApiModule.with(resources, routes), adapter, {
    logger: false,
    bodyParser: false,
  });
  app.useGlobalFilters(new ProblemFilter(logger, routes, errors));
  await app.init();
  return {
    listen: async () => {
      await app.listen(config.env.HEDDLE_PORT, config.env.HEDDLE_HOST);
      return (await app.getUrl()).replace('[::1]', 'localhost');
    },
    stop: async () => {
      stopping = true;
      await app.close();
    },
  };
}
