import { RequestMethod } from '@nestjs/common';
import { ApiModule } from '../api.module.js';
import type { Operation } from '../http/operation.js';
import type { DescribedRoute, RouteTable } from '../http/route-table.js';
import type { Resources } from '../resources.js';
import { VERSION } from '../version.js';
import { openApiDocument } from './document.js';
import type { JsonSchema } from './schemas.js';

/** What `@RouteConfig` notes of a handler. */
interface RouteConfig {
  operation: Operation;
  scopes?: DescribedRoute['scopes'];
  streamToken?: boolean;
}

/** The OpenAPI document as this build answers it, without a process that runs: what the controllers say of themselves. */
export function builtDocument(): JsonSchema {
  const resources = { config: { env: { HEDDLE_METRICS: 'off' } } } as Resources;
  const { controllers = [] } = ApiModule.with(resources, {} as RouteTable);
  // What answers everything below a path is no route, as in http/route-table.ts.
  const routes = controllers.flatMap(routesOf).filter(({ path }) => !path.includes('*'));
  return openApiDocument(routes, VERSION);
}

function routesOf(controller: { prototype?: unknown; name?: string }): DescribedRoute[] {
  const prototype = controller.prototype as Record<string, object>;
  const prefix = Reflect.getMetadata('path', controller) as string;
  return Object.getOwnPropertyNames(prototype)
    .map((name) => prototype[name]!)
    .filter((handler) => typeof handler === 'function' && Reflect.hasMetadata('method', handler))
    .map((handler) => {
      const config = Reflect.getMetadata('__fastify_route_config__', handler) as RouteConfig;
      const path = `/${prefix}/${Reflect.getMetadata('path', handler) as string}`;
      return {
        method: RequestMethod[Reflect.getMetadata('method', handler) as number]!,
        path: path.replaceAll(/\/+/g, '/').replace(/(.)\/$/, '$1'),
        scopes: config.scopes,
        streamToken: config.streamToken === true,
        operation: config.operation,
      };
    });
}
