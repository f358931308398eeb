import { formatAgo, formatTime, formatTimeInFull, NOTHING } from './format.js';
import { useNow } from './now.js';

/** A time as people say it, in full when pointed at. */
export function When({ at, exact = false }: { at: string | null | undefined; exact?: boolean }) {
  const now = useNow();
  if (at == null) return <>{NOTHING}</>;
  return (
    <time dateTime={at} title={formatTimeInFull(at)}>
      {exact ? formatTime(at) : formatAgo(at, now)}
    </time>
  );
}
