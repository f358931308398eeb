import { ApiError } from '@heddle/client';
import { QueryClient } from '@tanstack/react-query';

/** Milliseconds between two looks at what changes by itself. */
export const LIVE_MS = 3_000;
/** The same, of what changes by people. */
export const CALM_MS = 30_000;
/** Tries after the first, of what may pass by itself; the client has tried already. */
const RETRIES = 1;

export const queryClient = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: LIVE_MS,
      retry: (failures, error) => failures < RETRIES && !(error instanceof ApiError && error.status < 500),
    },
  },
});
