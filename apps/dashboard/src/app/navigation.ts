import type { Scope } from '../api/scopes.js';
import type { IconName } from './icons.js';

export interface Destination {
  to:
    | '/'
    | '/playground'
    | '/jobs'
    | '/batches'
    | '/models'
    | '/evaluations'
    | '/workers'
    | '/queues'
    | '/webhooks'
    | '/keys'
    | '/tenants'
    | '/audit';
  label: string;
  icon: IconName;
  /** Any of these is enough. */
  scopes: Scope[];
}

export const DESTINATIONS: readonly { group: string; destinations: readonly Destination[] }[] = [
  {
    group: 'Use',
    destinations: [
      { to: '/', label: 'Overview', icon: 'overview', scopes: ['infer', 'read', 'operate'] },
      { to: '/playground', label: 'Playground', icon: 'playground', scopes: ['infer'] },
      { to: '/jobs', label: 'Jobs', icon: 'jobs', scopes: ['infer', 'read'] },
      { to: '/batches', label: 'Batches', icon: 'batches', scopes: ['infer', 'read'] },
    ],
  },
  {
    group: 'Models',
    destinations: [
      { to: '/models', label: 'Models', icon: 'models', scopes: ['infer', 'read'] },
      { to: '/evaluations', label: 'Evaluations', icon: 'evaluations', scopes: ['read'] },
    ],
  },
  {
    group: 'Operation',
    destinations: [
      { to: '/workers', label: 'Workers', icon: 'workers', scopes: ['operate'] },
      { to: '/queues', label: 'Queues', icon: 'queues', scopes: ['read', 'operate'] },
    ],
  },
  {
    group: 'Settings',
    destinations: [
      { to: '/webhooks', label: 'Webhooks', icon: 'webhooks', scopes: ['read'] },
      { to: '/keys', label: 'Keys', icon: 'keys', scopes: ['manage'] },
      { to: '/tenants', label: 'Tenants', icon: 'tenants', scopes: ['operate'] },
      { to: '/audit', label: 'Audit', icon: 'audit', scopes: ['manage', 'operate'] },
    ],
  },
];

/** The destination that a path belongs to: itself, or what stands below it. */
export function destinationOf(pathname: string): Destination | undefined {
  return DESTINATIONS.flatMap(({ destinations }) => destinations).find(({ to }) =>
    to === '/' ? pathname === '/' : pathname === to || pathname.startsWith(`${to}/`),
  );
}
