import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { Quarantine } from './quarantine.js';

it('holds a version after so many crashes within the window, and lets it go after a while', async () => {
  const quarantine = new Quarantine({ crashes: 3, withinMs: 60_000, forMs: 50 });
  const counts = () => [quarantine.count('a'), quarantine.count('b'), quarantine.count('a')];
  expect(counts()).toEqual([false, false, false]);
  expect(quarantine.holds('a')).toBe(false);
  expect(quarantine.count('a')).toBe(true);
  expect(() => quarantine.check('a')).toThrow('crashed its inference process too often');
  quarantine.check('b');
  await sleep(20);
  expect(Object.keys(quarantine.seconds())).toEqual(['a']);
  expect(quarantine.seconds().a).toBeGreaterThanOrEqual(0.015);
  expect(quarantine.seconds().a).toBeLessThan(0.05);
  await sleep(40);
  quarantine.check('a');
  expect(quarantine.seconds()).toEqual({});
  // It has the same patience as before.
  expect(counts()).toEqual([false, false, false]);
  expect(quarantine.count('a')).toBe(true);
});

it('forgets crashes that are longer ago than the window', async () => {
  const quarantine = new Quarantine({ crashes: 2, withinMs: 20, forMs: 60_000 });
  for (let i = 0; i < 3; i++) {
    expect(quarantine.count('a')).toBe(false);
    await sleep(30);
  }
});
