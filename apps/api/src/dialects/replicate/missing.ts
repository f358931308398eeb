/** Calls of Replicate's API at paths of which others are provided. */
export const REPLICATE_MISSING = [
  { method: 'POST', path: '/replicate/v1/models' },
  { method: 'QUERY', path: '/replicate/v1/models' },
  { method: 'POST', path: '/replicate/v1/deployments' },
];
