import type { Scope } from '../api/scopes.js';

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
  /** Any of these is enough. */
  scopes: Scope[];
}

export const DESTINATIONS: readonly { group: string; destinations: readonly Destination[] }[] = [
  {
    group: 'Use',
    destinations: [
      { to: '/', label: 'Overview', scopes: ['infer', 'read', 'operate'] },
      { to: '/playground', label: 'Playground', scopes: ['infer'] },
      { to: '/jobs', label: 'Jobs', scopes: ['infer', 'read'] },
      { to: '/batches', label: 'Batches', scopes: ['infer', 'read'] },
    ],
  },
  {
    group: 'Models',
    destinations: [
      { to: '/models', label: 'Models', scopes: ['infer', 'read'] },
      { to: '/evaluations', label: 'Evaluations', scopes: ['read'] },
    ],
  },
  {
    group: 'Operation',
    destinations: [
      { to: '/workers', label: 'Workers', scopes: ['operate'] },
      { to: '/queues', label: 'Queues', scopes: ['read', 'operate'] },
    ],
  },
  {
    group: 'Settings',
    destinations: [
      { to: '/webhooks', label: 'Webhooks', scopes: ['read'] },
      { to: '/keys', label: 'Keys', scopes: ['manage'] },
      { to: '/tenants', label: 'Tenants', scopes: ['operate'] },
      { to: '/audit', label: 'Audit', scopes: ['manage', 'operate'] },
    ],
  },
];
