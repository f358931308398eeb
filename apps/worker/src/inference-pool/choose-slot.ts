import { nameOf, type SessionRef } from '../residency/session-ref.js';
import type { Slot } from './slot.js';

/** A copy that was not used for so long gives way to another copy of a version that is busy elsewhere. */
const COLD_MS = 30_000;

/**
 * Where a forward pass runs: in an idle child that holds its session; else in one where the session can be loaded, at
 * the expense of nothing while there is room, then of what was used least recently. Before that happens to something
 * in use, the pass waits for a child that holds its session and is busy. Undefined when no child is alive.
 */
export function chooseSlot(
  slots: Slot[],
  session: SessionRef,
  hasRoom: boolean,
  isWarm: (version: string) => boolean,
): Slot | undefined {
  const idle = slots.filter((slot) => slot.isIdle);
  const holders = slots.filter((slot) => slot.state === 'alive' && slot.copies.has(nameOf(session)));
  const idleHolder = idle.find((slot) => holders.includes(slot));
  if (idleHolder) return idleHolder;
  if (hasRoom && idle.length > 0) return least(idle, ({ memory }) => memory);
  const oldestIn = (slot: Slot) => oldestUse(slot, isWarm);
  const victim = least(idle, oldestIn);
  const isCold = victim !== undefined && performance.now() - oldestIn(victim) > COLD_MS;
  if (holders.length > 0 && !isCold) return least(holders, ({ passes }) => passes);
  return (
    victim ??
    least(
      slots.filter((slot) => slot.state === 'alive'),
      ({ passes, loads }) => passes + loads,
    )
  );
}

/** When the oldest was used of what could be dropped; infinite where nothing could. */
function oldestUse({ copies }: Slot, isWarm: (version: string) => boolean): number {
  const uses = [...copies.values()].filter(({ version }) => !isWarm(version)).map(({ usedAt }) => usedAt);
  return Math.min(Number.POSITIVE_INFINITY, ...uses);
}

function least(slots: Slot[], of: (slot: Slot) => number): Slot | undefined {
  return slots.reduce<Slot | undefined>(
    (best, slot) => (best && of(best) <= of(slot) ? best : slot),
    undefined,
  );
}
