import { createRootRoute, createRoute, createRouter, lazyRouteComponent } from '@tanstack/react-router';
import { jobsSearch } from '../features/jobs/search.js';
import { overviewSearch } from '../features/overview/search.js';
import { playgroundSearch } from '../features/playground/search.js';
import { Loading, Nothing } from '../shared/loaded.js';
import { ProblemAlert } from '../shared/problem.js';
import { TextLink } from '../shared/link.js';
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
    component: lazyRouteComponent(() => import('../features/playground/playground-page.js'), 'PlaygroundPage'),
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
