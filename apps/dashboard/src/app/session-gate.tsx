import { Center, Loader } from '@mantine/core';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { type ReactNode, useEffect, useState } from 'react';
import { onSignedOut } from '../api/http.js';
import { leave, onSignedInElsewhere, readSession } from '../api/session.js';
import { forgetSession, SESSION_QUERY, SessionContext } from '../api/use-session.js';
import { SignInPage } from '../features/session/sign-in-page.js';
import { ProblemAlert } from '../shared/problem.js';

/** The dashboard for who is signed in, the page to sign in for everybody else. */
export function SessionGate({ children }: { children: ReactNode }) {
  const queries = useQueryClient();
  const [ended, setEnded] = useState(false);
  const session = useQuery({
    queryKey: SESSION_QUERY,
    queryFn: ({ signal }) => readSession(signal),
    staleTime: Number.POSITIVE_INFINITY,
  });

  useEffect(
    () =>
      onSignedOut(() => {
        leave();
        setEnded(true);
        forgetSession(queries);
      }),
    [queries],
  );
  useEffect(
    () =>
      onSignedInElsewhere(() => {
        // Another key may see other things.
        queries.removeQueries({ predicate: ({ queryKey }) => queryKey[0] !== SESSION_QUERY[0] });
        void queries.invalidateQueries({ queryKey: SESSION_QUERY });
      }),
    [queries],
  );

  if (session.data === undefined)
    return (
      <Center mih="100vh" p="md">
        {session.error ? (
          <ProblemAlert error={session.error} onRetry={() => void session.refetch()} />
        ) : (
          <Loader aria-label="Loading" />
        )}
      </Center>
    );
  if (session.data === null) return <SignInPage ended={ended} onSignedIn={() => setEnded(false)} />;
  return <SessionContext value={session.data}>{children}</SessionContext>;
}
