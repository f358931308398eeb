import { setImmediate as turn } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { TenantTurns } from './tenant-turns.js';

/** Work that ends when it is told, in the order in which it began. */
function setup(places: number, patienceMs = 60_000) {
  const turns = new TenantTurns(places, patienceMs);
  const began: string[] = [];
  const ends: (() => void)[] = [];
  const ask = (tenant: string) =>
    turns.run(
      tenant,
      () =>
        new Promise<void>((resolve) => {
          began.push(tenant);
          ends.push(resolve);
        }),
    );
  const end = async (count = 1) => {
    for (const resolve of ends.splice(0, count)) resolve();
    await turn();
  };
  return { ask, began, end };
}

it('gives a tenant alone every place', () => {
  const { ask, began } = setup(4);
  for (let i = 0; i < 6; i++) void ask('a');
  expect(began).toEqual(['a', 'a', 'a', 'a']);
});

it('serves tenants in turn, however much one of them has asked for before', async () => {
  const { ask, began, end } = setup(2);
  for (let i = 0; i < 10; i++) void ask('a');
  for (let i = 0; i < 2; i++) void ask('b');
  await end();
  await end();
  expect(began).toEqual(['a', 'a', 'b', 'a']);
});

it('leaves half of the places while tenants compete', async () => {
  const { ask, began, end } = setup(4);
  void ask('b');
  for (let i = 0; i < 10; i++) void ask('a');
  expect(began).toEqual(['b', 'a', 'a']);
  void ask('b');
  expect(began).toEqual(['b', 'a', 'a', 'b']);
  await end(4);
  expect(began.slice(4)).toEqual(['a', 'a']);
});

it('refuses who waits for too long, and forgets nothing of the others', async () => {
  const { ask, began, end } = setup(1, 20);
  const first = ask('a');
  await expect(ask('b')).rejects.toMatchObject({ code: 'overloaded', headers: { 'Retry-After': '1' } });
  const last = ask('c');
  await end();
  await first;
  expect(began).toEqual(['a', 'c']);
  await end();
  await last;
});

it('gives a place back after an error', async () => {
  const turns = new TenantTurns(1, 60_000);
  await expect(turns.run('a', () => Promise.reject(new Error('no')))).rejects.toThrow('no');
  expect(await turns.run('b', async () => 1)).toBe(1);
});
