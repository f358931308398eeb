import { describe, expect, it } from 'vitest';
import { AnswerRoom } from './answer-room.js';

const enter = (room: AnswerRoom, tenantId: string) => {
  const abort = new AbortController();
  return { ...room.enter(tenantId, abort.signal), abort };
};
/** Whether a promise is settled once everything that can happen has. */
async function isSettled(promise: Promise<unknown>): Promise<boolean> {
  let settled = false;
  promise.then(
    () => {
      settled = true;
    },
    () => {
      settled = true;
    },
  );
  await new Promise((resolve) => setImmediate(resolve));
  return settled;
}

describe('room for large answers', () => {
  it('is one tenant’s up to half, and another’s beside it', async () => {
    const room = new AnswerRoom(100);
    const jobs = Array.from({ length: 6 }, () => enter(room, 'a'));
    const taken = jobs.map((job) => job.take(20));
    expect(await Promise.all(taken.map(isSettled))).toEqual([true, true, false, false, false, false]);
    const other = enter(room, 'b');
    expect(await isSettled(other.take(40))).toBe(true);
    jobs[0]!.leave();
    expect(await Promise.all(taken.map(isSettled))).toEqual([true, true, true, false, false, false]);
    for (const job of [...jobs, other]) job.leave();
    expect(await Promise.all(taken.map(isSettled))).toEqual(Array(6).fill(true));
  });

  it('is all of one answer that is larger, where there is no other', async () => {
    const room = new AnswerRoom(100);
    const large = enter(room, 'a');
    expect(await isSettled(large.take(1_000))).toBe(true);
    const next = enter(room, 'b');
    const waits = next.take(1);
    expect(await isSettled(waits)).toBe(false);
    large.leave();
    expect(await isSettled(waits)).toBe(true);
  });

  it('is always there for the job that has held some for the longest time, so that it ends', async () => {
    const room = new AnswerRoom(100);
    const [first, second] = [enter(room, 'a'), enter(room, 'a')];
    await first.take(25);
    await second.take(25);
    const more = [second.take(25), first.take(25)];
    expect(await Promise.all(more.map(isSettled))).toEqual([false, true]);
    first.leave();
    expect(await isSettled(more[0]!)).toBe(true);
  });

  it('is kept for a large answer that waits for all others, whatever small ones come', async () => {
    const room = new AnswerRoom(100);
    const holders = [enter(room, 'a'), enter(room, 'b')];
    for (const holder of holders) await holder.take(40);
    const large = enter(room, 'c').take(60);
    const small = enter(room, 'd').take(1);
    expect([await isSettled(large), await isSettled(small)]).toEqual([false, false]);
    holders[0]!.leave();
    expect([await isSettled(large), await isSettled(small)]).toEqual([true, false]);
    holders[1]!.leave();
    expect(await isSettled(small)).toBe(true);
  });

  it('is not waited for by a job that is aborted, nor by those behind it', async () => {
    const room = new AnswerRoom(100);
    const holder = enter(room, 'a');
    await holder.take(90);
    const [aborted, behind] = [enter(room, 'b'), enter(room, 'c')];
    const waits = aborted.take(50);
    const next = behind.take(5);
    expect(await isSettled(next)).toBe(false);
    aborted.abort.abort(new DOMException('over', 'AbortError'));
    await expect(waits).rejects.toThrow('over');
    expect(await isSettled(next)).toBe(true);
    await expect(aborted.take(1)).rejects.toThrow('over');
  });
});
