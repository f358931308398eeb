import type { QueryClient } from '@tanstack/react-query';
import { createContext, useContext } from 'react';
import { mayAny, type Scope } from './scopes.js';
import type { Session } from './session.js';

export const SESSION_QUERY = ['session'];

export const SessionContext = createContext<Session | null>(null);

export function useSession(): Session {
  const session = useContext(SessionContext);
  if (session === null) throw new Error('nobody is signed in here');
  return session;
}

/** Whether whoever is signed in has any of these scopes. */
export function useMay(...needed: Scope[]): boolean {
  return mayAny(useSession().key.scopes, needed);
}

/** Nobody is signed in any more: what one has seen must not wait for the next who signs in. */
export function forgetSession(queries: QueryClient): void {
  queries.removeQueries({ predicate: ({ queryKey }) => queryKey[0] !== SESSION_QUERY[0] });
  queries.setQueryData(SESSION_QUERY, null);
}
