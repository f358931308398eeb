import { startRedis } from '@heddle/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { countErrors, redisCommand } from './redis-command.mjs';

let redis;
beforeAll(async () => {
  redis = await startRedis();
});
afterAll(() => redis?.stop());

describe('redisCommand', () => {
  it('returns the line or the whole text of a reply, and throws what Redis refuses or does not answer', async () => {
    expect(await redisCommand(redis.port, 'PING')).toBe('+PONG');
    const text = await redisCommand(redis.port, 'INFO everything');
    expect(text).toMatch(/^# Server/);
    expect(text).toMatch(/^# Keyspace/m);
    await expect(redisCommand(redis.port, 'NO SUCH')).rejects.toThrow(
      'Redis refused NO SUCH: -ERR unknown command',
    );
    await expect(redisCommand(redis.port, 'SHUTDOWN NOSAVE')).rejects.toThrow(
      'did not answer SHUTDOWN NOSAVE',
    );
    await redis.restart();
  });

  it('counts what Redis refuses for want of memory', async () => {
    await redisCommand(redis.port, 'CONFIG SET maxmemory 1');
    expect(await countErrors(redis.port, 'OOM')).toBe(0);
    await expect(redisCommand(redis.port, 'SET a 1')).rejects.toThrow('OOM');
    expect(await countErrors(redis.port, 'OOM')).toBe(1);
    await redisCommand(redis.port, 'CONFIG SET maxmemory 0');
    expect(await redisCommand(redis.port, 'SET a 1')).toBe('+OK');
  });
});
