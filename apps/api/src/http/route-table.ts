import { HeddleError } from '@heddle/contracts';
import type { FastifyInstance, FastifyRequest } from 'fastify';

/** Methods by path template, so that a known path with a wrong method is told apart from an unknown path. */
export class RouteTable {
  private readonly templates = new Map<string, { pattern: RegExp; methods: Set<string> }>();

  /** Must be called before routes are added. */
  watch(fastify: FastifyInstance): void {
    fastify.addHook('onRoute', ({ url, method }) => {
      // What answers everything is no route.
      if (url.includes('*')) return;
      const entry = this.templates.get(url) ?? { pattern: patternOf(url), methods: new Set<string>() };
      for (const name of [method].flat()) entry.methods.add(name);
      this.templates.set(url, entry);
    });
  }

  /** The error for a request that no route took: `not-found`, or `method-not-allowed` with `Allow`. */
  missing(request: FastifyRequest): HeddleError {
    const path = request.url.split('?', 1)[0]!;
    const methods = [...this.templates.values()]
      .filter(({ pattern }) => pattern.test(path))
      .flatMap((entry) => [...entry.methods]);
    if (methods.length === 0) return new HeddleError('not-found', 'There is nothing at this path.');
    const allow = [...new Set(methods)].sort().join(', ');
    return new HeddleError('method-not-allowed', `This path takes ${allow}.`, { headers: { Allow: allow } });
  }
}

function patternOf(template: string): RegExp {
  const escaped = template.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&').replaceAll(/:[^/]+/g, '[^/]+');
  return new RegExp(`^${escaped}$`);
}
