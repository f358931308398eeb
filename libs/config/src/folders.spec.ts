import { chmod, mkdir, mkdtemp, readdir, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readEnvironment } from './config.js';
import { ConfigError } from './config-error.js';
import { foldersOf } from './data-folders.js';
import { assertUsableFolder, makeFolder } from './folders.js';

let root: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'heddle-folders-'));
  await writeFile(join(root, 'file'), '');
  await symlink('nowhere', join(root, 'dangling'));
  await symlink('loop', join(root, 'loop'));
});
afterEach(() => rm(root, { recursive: true }));

describe('folders that settings name', () => {
  it.each<[string, () => string, RegExp]>([
    ['a kernel file system', () => '/proc/heddle/below', /\/proc belongs to the kernel/],
    ['a kernel folder itself', () => '/proc', /belongs to the kernel/],
    ['a file', () => join(root, 'file'), /file is not a folder/],
    ['a file on the way', () => join(root, 'file', 'a', 'b'), /file is not a folder/],
    ['a link to nothing', () => join(root, 'dangling', 'a'), /dangling is a link to nothing/],
    ['a link to itself', () => join(root, 'loop', 'a'), /ELOOP/],
    ['a name too long', () => join(root, 'x'.repeat(300)), /ENAMETOOLONG/],
  ])('are refused where they cannot be: %s', async (_, folder, reason) => {
    for (const act of [assertUsableFolder, makeFolder]) {
      expect(() => act('HEDDLE_DATA_DIR', folder())).toThrow(ConfigError);
      expect(() => act('HEDDLE_DATA_DIR', folder())).toThrow(/^HEDDLE_DATA_DIR: /);
      expect(() => act('HEDDLE_DATA_DIR', folder())).toThrow(reason);
    }
    expect((await readdir(root)).sort()).toEqual(['dangling', 'file', 'loop']);
  });

  it.runIf(process.getuid?.() !== 0)('are refused where they cannot be written', async () => {
    const closed = join(root, 'closed');
    await mkdir(closed);
    await chmod(closed, 0o555);
    expect(() => assertUsableFolder('HEDDLE_CACHE_DIR', join(closed, 'a'))).toThrow(
      /closed cannot be written/,
    );
  });

  it('are looked at without being made, and made with all above them', async () => {
    const folder = join(root, 'a b', 'ü', 'x'.repeat(150));
    assertUsableFolder('HEDDLE_DATA_DIR', folder);
    expect(await readdir(root)).not.toContain('a b');
    makeFolder('HEDDLE_DATA_DIR', folder);
    makeFolder('HEDDLE_DATA_DIR', folder);
    expect((await stat(folder)).isDirectory()).toBe(true);
  });

  it.runIf(process.getuid?.() === 0)("let other accounts pass whatever root's umask is", async () => {
    const before = process.umask(0o077);
    try {
      makeFolder('HEDDLE_DATA_DIR', join(root, 'a', 'b'));
    } finally {
      process.umask(before);
    }
    expect((await stat(join(root, 'a', 'b'))).mode & 0o777).toBe(0o711);
  });

  it('may begin with ~, which is home', () => {
    const dataDir = (value: string) => foldersOf(readEnvironment({ HEDDLE_DATA_DIR: value })).dataDir;
    expect(dataDir('~/heddle data')).toBe(join(homedir(), 'heddle data'));
    expect(dataDir('~')).toBe(homedir());
    expect(dataDir('/x/~/y')).toBe('/x/~/y');
    expect(dataDir('relative')).toBe(join(process.cwd(), 'relative'));
  });
});
