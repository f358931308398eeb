import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { ListMultipartUploadsCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { waitFor } from '@heddle/testing';
import { describe, expect, it } from 'vitest';
import { failureOf, openProxy, openWire, useS3 } from '../../test/s3.js';
import { digestOf } from '../digest.js';
import { keyOf } from '../key.js';

const bench = useS3();

describe('an upload', () => {
  it('that is not what its digest says leaves nothing', async () => {
    for (const bytes of [5, 20_000_000]) {
      const { path, ...digest } = await bench.fileOf(Buffer.alloc(bytes, 1));
      await writeFile(path, Buffer.alloc(bytes, 2));
      expect((await failureOf(() => bench.open().put(path, { digest, move: true }))).code).toBe(
        'artifact-corrupt',
      );
      expect(await bench.keys()).toEqual([]);
      expect(await uploadsUnderWay()).toBe(0);
      expect(await readdir(bench.folder)).toEqual(['file']);
    }
  });

  it('that breaks off leaves nothing that can be seen, and is made again', async () => {
    const { path, ...digest } = await bench.fileOf(Buffer.alloc(60_000_000, 1));
    const wire = await openWire(bench.s3.port, 5_000_000, { once: true });
    const broken = bench.open({ endpoint: wire.endpoint });
    expect((await failureOf(() => broken.put(path, { digest }))).code).toBe('overloaded');
    expect(await bench.keys()).toEqual([]);
    expect(await bench.open().has(digest.sha256)).toBe(false);
    await wire.close();
    await bench.open().put(path, { digest });
    expect(await bench.keys()).toEqual([keyOf(digest.sha256)]);
  });

  it('into a store that is full says so', async () => {
    const { path, sha256 } = await bench.fileOf(Buffer.alloc(20_000_000));
    await bench.s3.setQuota(1_000_000);
    try {
      await waitFor(async () => (await failureOf(() => bench.open().put(path))).code === 'storage-full');
    } finally {
      await bench.s3.setQuota(null);
    }
    expect(await bench.open().has(sha256)).toBe(false);
  });

  it('of what lies there half, by another hand, mends it', async () => {
    const { path, sha256 } = await bench.fileOf('hello');
    await bench.s3.client.send(
      new PutObjectCommand({ Bucket: bench.bucket, Key: keyOf(sha256), Body: 'hel' }),
    );
    await bench.open().put(path);
    expect((await buffer(await bench.open().read(sha256))).toString()).toBe('hello');
  });

  it('whose end was answered to nobody has come all the same', async () => {
    const { path, ...digest } = await bench.fileOf(Buffer.alloc(20_000_000, 1));
    let ends = 0;
    // The first answer is lost; then the server is one that knows no upload that has ended.
    const proxy = await openProxy(bench.s3.port, ({ method, url }, answer, reply) => {
      if (method !== 'POST' || !url!.includes('uploadId=')) return false;
      answer.resume();
      if (++ends === 1) answer.once('end', () => reply.destroy());
      else reply.writeHead(404).end('<Error><Code>NoSuchUpload</Code></Error>');
      return true;
    });
    await bench.open({ endpoint: proxy.endpoint }).put(path, { digest });
    expect(ends).toBe(2);
    await proxy.close();
    await bench.open().fetch(digest.sha256, join(bench.folder, 'out'));
    expect(await digestOf(join(bench.folder, 'out'))).toEqual(digest);
  });

  it('whose end was refused has not come', async () => {
    const { path, ...digest } = await bench.fileOf(Buffer.alloc(20_000_000, 1));
    const proxy = await openProxy(bench.s3.port, ({ method }, answer, reply) => {
      if (method !== 'PUT') return false;
      answer.resume();
      // No part came to the server under this name, so it refuses the end.
      reply.writeHead(200, { etag: '"0123456789abcdef0123456789abcdef"' }).end();
      return true;
    });
    await expect(bench.open({ endpoint: proxy.endpoint }).put(path, { digest })).rejects.toThrow();
    await proxy.close();
    expect(await bench.keys()).toEqual([]);
  });
});

async function uploadsUnderWay(): Promise<number> {
  const { Uploads = [] } = await bench.s3.client.send(
    new ListMultipartUploadsCommand({ Bucket: bench.bucket }),
  );
  return Uploads.length;
}
