import { createRootRoute, createRoute, createRouter, lazyRouteComponent } from '@tanstack/react-router';
import { evaluationsSearch } from '../features/evaluations/search.js';
import { jobsSearch } from '../features/jobs/search.js';
import { overviewSearch } from '../features/overview/search.js';
import { playgroundSearch } from '../features/playground/search.js';
import { TextLink } from '../shared/link.js';
import { Loading, Nothing } from '../shared/loaded.js';
import { ProblemAlert } from '../shared/problem.js';
import { Shell } from './shell.js';

const root = createRootRoute({
  component: Shell,
  notFoundComponent: () => (
    <Nothing title="There is no such page">
      <TextLink to="/">Go to the overview</TextLink>
    </Nothing>
  ),
});
const under = () => root;

/** Each page is a file of its own, loaded when somebody goes there. */
const routeTree = root.addChildren([
  createRoute({
    getParentRoute: under,
    path: '/',
    validateSearch: overviewSearch,
    component: lazyRouteComponent(() => import('../features/overview/overview-page.js'), 'OverviewPage'),
  }),
  createRoute({
    getParentRoute: under,
    path: '/playground',
    validateSearch: playgroundSearch,
    component: lazyRouteComponent(
      () => import('../features/playground/playground-page.js'),
      'PlaygroundPage',
    ),
  }),
  createRoute({
    getParentRoute: under,
    path: '/jobs',
    validateSearch: jobsSearch,
    component: lazyRouteComponent(() => import('../features/jobs/jobs-page.js'), 'JobsPage'),
  }),
  createRoute({
    getParentRoute: under,
    path: '/jobs/$id',
    component: lazyRouteComponent(() => import('../features/jobs/job-page.js'), 'JobPage'),
  }),
  createRoute({
    getParentRoute: under,
    path: '/batches',
    component: lazyRouteComponent(() => import('../features/batches/batches-page.js'), 'BatchesPage'),
  }),
  createRoute({
    getParentRoute: under,
    path: '/batches/$id',
    component: lazyRouteComponent(() => import('../features/batches/batch-page.js'), 'BatchPage'),
  }),
  createRoute({
    getParentRoute: under,
    path: '/models',
    component: lazyRouteComponent(() => import('../features/models/models-page.js'), 'ModelsPage'),
  }),
  createRoute({
    getParentRoute: under,
    path: '/models/$name',
    component: lazyRouteComponent(() => import('../features/models/model-page.js'), 'ModelPage'),
  }),
  createRoute({
    getParentRoute: under,
    path: '/models/$name/$number',
    component: lazyRouteComponent(() => import('../features/models/version-page.js'), 'VersionPage'),
  }),
  createRoute({
    getParentRoute: under,
    path: '/evaluations',
    validateSearch: evaluationsSearch,
    component: lazyRouteComponent(
      () => import('../features/evaluations/evaluations-page.js'),
      'EvaluationsPage',
    ),
  }),
  createRoute({
    getParentRoute: under,
    path: '/evaluations/$id',
    component: lazyRouteComponent(
      () => import('../features/evaluations/evaluation-page.js'),
      'EvaluationPage',
    ),
  }),
  createRoute({
    getParentRoute: under,
    path: '/workers',
    component: lazyRouteComponent(() => import('../features/workers/workers-page.js'), 'WorkersPage'),
  }),
  createRoute({
    getParentRoute: under,
    path: '/queues',
    component: lazyRouteComponent(() => import('../features/queues/queues-page.js'), 'QueuesPage'),
  }),
  createRoute({
    getParentRoute: under,
    path: '/webhooks',
    component: lazyRouteComponent(() => import('../features/webhooks/webhooks-page.js'), 'WebhooksPage'),
  }),
  createRoute({
    getParentRoute: under,
    path: '/webhooks/$id',
    component: lazyRouteComponent(() => import('../features/webhooks/webhook-page.js'), 'WebhookPage'),
  }),
  createRoute({
    getParentRoute: under,
    path: '/keys',
    component: lazyRouteComponent(() => import('../features/keys/keys-page.js'), 'KeysPage'),
  }),
  createRoute({
    getParentRoute: under,
    path: '/tenants',
    component: lazyRouteComponent(() => import('../features/tenants/tenants-page.js'), 'TenantsPage'),
  }),
  createRoute({
    getParentRoute: under,
    path: '/audit',
    component: lazyRouteComponent(() => import('../features/audit/audit-page.js'), 'AuditPage'),
  }),
]);

export const router = createRouter({
  routeTree,
  basepath: import.meta.env.BASE_URL,
  defaultPreload: 'intent',
  defaultPendingComponent: () => <Loading />,
  defaultErrorComponent: ({ error, reset }) => <ProblemAlert error={error} onRetry={reset} />,
});

declare module '@tanstack/react-router' {
  interface Register {
    router: typeof router;
  }
}
