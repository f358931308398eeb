import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { DeleteObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { describe, expect, it } from 'vitest';
import { failureOf, openProxy, openWire, useS3 } from '../../test/s3.js';
import { digestOf } from '../digest.js';
import { keyOf } from '../key.js';
import { materialise } from '../materialise.js';

const bench = useS3();

describe('a download', () => {
  it('of other bytes than the digest’s is refused where it is used', async () => {
    const { path, ...digest } = await bench.fileOf('graph');
    await bench.open().put(path);
    await bench.s3.client.send(
      new PutObjectCommand({ Bucket: bench.bucket, Key: keyOf(digest.sha256), Body: 'grapH' }),
    );
    const dir = join(bench.folder, 'cache', 'v');
    await expect(materialise(bench.open(), { 'model.onnx': digest }, dir)).rejects.toMatchObject({
      code: 'artifact-corrupt',
    });
    expect(await readdir(join(bench.folder, 'cache'))).toEqual([]);
  });

  it('that breaks off goes on where it was', async () => {
    const { path, sha256, bytes } = await bench.fileOf(Buffer.alloc(60_000_000, 'abcdefghijk'));
    await bench.open().put(path);
    const wire = await openWire(bench.s3.port, 20_000_000);
    await bench.open({ endpoint: wire.endpoint }).fetch(sha256, join(bench.folder, 'out'));
    expect(await digestOf(join(bench.folder, 'out'))).toEqual({ sha256, bytes });
    expect(wire.broken()).toBeGreaterThanOrEqual(2);
    await wire.close();
  });

  it('that is read slowly outlasts the silence that a server is granted', async () => {
    const { path, sha256, bytes } = await bench.fileOf(Buffer.alloc(20_000_000, 'abcdefghijk'));
    await bench.open().put(path);
    const stream = await bench.open().read(sha256);
    // Longer than `silenceMs`, before the first byte and in the middle; another is never read at all.
    const unread = await bench.open().read(sha256);
    await new Promise((resolve) => setTimeout(resolve, 2_500));
    const hash = createHash('sha256');
    let read = 0;
    for await (const chunk of stream as AsyncIterable<Buffer>) {
      if (read < 10_000_000 && read + chunk.length >= 10_000_000)
        await new Promise((resolve) => setTimeout(resolve, 2_500));
      read += chunk.length;
      hash.update(chunk);
    }
    expect([hash.digest('hex'), read]).toEqual([sha256, bytes]);
    unread.destroy();
  });

  it('of an object that is replaced or removed in the middle ends as an error', async () => {
    const { path, sha256 } = await bench.fileOf(Buffer.alloc(60_000_000, 1));
    const key = { Bucket: bench.bucket, Key: keyOf(sha256) };
    for (const change of [
      () => bench.s3.client.send(new PutObjectCommand({ ...key, Body: Buffer.alloc(60_000_000, 2) })),
      () => bench.s3.client.send(new DeleteObjectCommand(key)),
    ]) {
      await bench.open().remove(sha256);
      await bench.open().put(path);
      const wire = await openWire(bench.s3.port, 20_000_000);
      const stream = await bench.open({ endpoint: wire.endpoint }).read(sha256);
      await change();
      await expect(pipeline(stream, createWriteStream(join(bench.folder, 'out')))).rejects.toMatchObject({
        code: 'artifact-corrupt',
      });
      await wire.close();
    }
  });

  it('leaves nothing where the server goes away in the middle', async () => {
    const { path, sha256 } = await bench.fileOf(Buffer.alloc(60_000_000, 1));
    await bench.open().put(path);
    const wire = await openWire(bench.s3.port, 20_000_000);
    const fetching = bench.open({ endpoint: wire.endpoint }).fetch(sha256, join(bench.folder, 'out'));
    await wire.close();
    await expect(fetching).rejects.toMatchObject({ code: 'overloaded' });
    expect(await readdir(bench.folder)).toEqual(['file']);
  });

  it('that a proxy has taken the length from, or the range, says so', async () => {
    const { path, sha256 } = await bench.fileOf('0123456789');
    await bench.open().put(path);
    const proxy = await openProxy(bench.s3.port, (asked, answer, reply) => {
      const { 'content-length': length, 'content-range': _, ...headers } = answer.headers;
      if (asked.headers.range) reply.writeHead(200, { ...headers, 'content-length': length });
      else reply.writeHead(answer.statusCode!, { ...headers, 'transfer-encoding': 'chunked' });
      answer.pipe(reply);
      return true;
    });
    const store = bench.open({ endpoint: proxy.endpoint });
    for (const [action, detail] of [
      [() => store.has(sha256), /without Content-Length/],
      [() => store.fetch(sha256, join(bench.folder, 'out')), /without Content-Length/],
      [() => store.read(sha256, { start: 2, end: 4 }), /other bytes than those of Range/],
    ] as const) {
      const { code, message } = await failureOf(action);
      expect([code, message]).toEqual(['overloaded', expect.stringMatching(detail)]);
    }
    expect(await readdir(bench.folder)).toEqual(['file']);
    await proxy.close();
  });
});
