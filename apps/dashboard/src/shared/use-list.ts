import type { Page } from '@heddle/client';
import { useInfiniteQuery } from '@tanstack/react-query';
import { useMemo } from 'react';

interface Options<T> {
  key: readonly unknown[];
  page: (cursor: string | undefined, signal: AbortSignal) => Promise<Page<T>>;
  /** Milliseconds between two looks; none while more than the first page is shown. */
  everyMs: number;
}

/** A list of the API, page after page. */
export function useList<T>({ key, page, everyMs }: Options<T>) {
  const query = useInfiniteQuery({
    queryKey: key,
    queryFn: ({ pageParam, signal }) => page(pageParam, signal),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: ({ next_cursor }) => next_cursor ?? undefined,
    refetchInterval: ({ state }) => ((state.data?.pages.length ?? 0) <= 1 ? everyMs : false),
  });
  const rows = useMemo(() => query.data?.pages.flatMap(({ data }) => data) ?? [], [query.data]);
  return { query, rows };
}
