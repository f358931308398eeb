import { type ApiKeyScope, HeddleError } from '@heddle/contracts';
import type { FastifyContextConfig, FastifyInstance, FastifyRequest } from 'fastify';
import { type Mount, mountOf } from './mount.js';
import type { Operation } from './operation.js';

/** A route with what is said of it. */
export interface DescribedRoute {
  method: string;
  /** With `:name` for parameters. */
  path: string;
  /** As of the route's configuration (auth.ts). */
  scopes: readonly ApiKeyScope[] | undefined;
  /** Whether a stream token opens it too (stream-token.ts). */
  streamToken: boolean;
  operation: Operation;
}

/**
 * All routes: their methods by path template, so that a known path with a wrong method is told apart from an unknown path,
 * and what is said of them.
 */
export class RouteTable {
  private readonly routes: DescribedRoute[] = [];
  private readonly undescribed: string[] = [];
  private readonly templates = new Map<string, { pattern: RegExp; methods: Set<string> }>();

  constructor(private readonly mounts: readonly Mount[]) {}

  /** Must be called before routes are added. */
  watch(fastify: FastifyInstance): void {
    fastify.addHook('onRoute', ({ url, method, config }) => {
      // What answers everything is no route.
      if (url.includes('*')) return;
      this.note(url, [method].flat(), config);
      const entry = this.templates.get(url) ?? { pattern: patternOf(url), methods: new Set<string>() };
      for (const name of [method].flat()) entry.methods.add(name);
      this.templates.set(url, entry);
    });
  }

  /** The routes that the OpenAPI document tells of. Throws where one has no description. */
  described(): readonly DescribedRoute[] {
    if (this.undescribed.length > 0)
      throw new Error(`no operation describes ${this.undescribed.join(', ')}: see http/operation.ts`);
    return this.routes;
  }

  /** Whether there are routes that begin as the path of the request does. */
  hasBeside(request: FastifyRequest): boolean {
    const first = firstOf(request.url);
    return [...this.templates.keys()].some((template) => firstOf(template) === first);
  }

  private note(path: string, methods: string[], config: FastifyContextConfig | undefined): void {
    // Fastify adds HEAD to every GET.
    for (const method of methods.filter((name) => name !== 'HEAD')) {
      if (config?.operation)
        this.routes.push({
          method,
          path,
          scopes: config.scopes,
          streamToken: config.streamToken === true,
          operation: config.operation,
        });
      else this.undescribed.push(`${method} ${path}`);
    }
  }

  /** Whether no route is for the request: also where one of another path took it, as `/things/:id` takes methods that `/things/default` lacks. */
  lacks({ url, is404, routeOptions }: FastifyRequest): boolean {
    const path = pathOf(url);
    return is404 || (routeOptions.url !== path && this.templates.has(path));
  }

  /** The error for a request that no route took: `not-found`, or `method-not-allowed` with `Allow`. */
  missing(request: FastifyRequest): HeddleError {
    const path = pathOf(request.url);
    const own = this.templates.get(path);
    const methods = (
      own ? [own] : [...this.templates.values()].filter(({ pattern }) => pattern.test(path))
    ).flatMap((entry) => [...entry.methods]);
    const missing = mountOf(this.mounts, path)?.missing ?? [];
    const isMissing = missing.some((call) => call.method === request.method && call.path === path);
    if (methods.length === 0 || isMissing)
      return new HeddleError('not-found', 'There is nothing at this path.');
    const allow = [...new Set(methods)].sort().join(', ');
    return new HeddleError('method-not-allowed', `This path takes ${allow}.`, { headers: { Allow: allow } });
  }
}

/** The first part of a path. */
function firstOf(url: string): string {
  return url.split(/[/?]/, 2)[1]!;
}

function pathOf(url: string): string {
  return url.split('?', 1)[0]!;
}

function patternOf(template: string): RegExp {
  const escaped = template.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&').replaceAll(/:[^/]+/g, '[^/]+');
  return new RegExp(`^${escaped}$`);
}
