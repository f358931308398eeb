import { useEffect, useState } from 'react';

/** Milliseconds between two looks at the clock. */
const TICK_MS = 10_000;

/** The time, told again every ten seconds, so that "3 min ago" stays true. */
export function useNow(): number {
  const [now, setNow] = useState(Date.now);
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), TICK_MS);
    return () => clearInterval(timer);
  }, []);
  return now;
}
