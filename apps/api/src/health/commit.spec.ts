import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createTestFolder } from '@heddle/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { checkedOutCommit } from './commit.js';

const COMMIT = '0123456789abcdef0123456789abcdef01234567';
let folder: string;
beforeEach(async () => {
  folder = await createTestFolder('heddle-test-commit-');
});
afterEach(() => rm(folder, { recursive: true }));

async function write(path: string, text: string): Promise<void> {
  await mkdir(join(folder, path, '..'), { recursive: true });
  await writeFile(join(folder, path), `${text}\n`);
}

describe('the commit of a checkout', () => {
  it('is that of its branch, its head, a packed ref or a worktree', async () => {
    await write('branch/.git/HEAD', 'ref: refs/heads/main');
    await write('branch/.git/refs/heads/main', COMMIT);
    expect(await checkedOutCommit(join(folder, 'branch'))).toBe(COMMIT);
    await write('detached/.git/HEAD', COMMIT);
    expect(await checkedOutCommit(join(folder, 'detached'))).toBe(COMMIT);
    await write('packed/.git/HEAD', 'ref: refs/heads/main');
    await write(
      'packed/.git/packed-refs',
      `# pack-refs\n${'f'.repeat(40)} refs/heads/a/main\n${COMMIT} refs/heads/main`,
    );
    expect(await checkedOutCommit(join(folder, 'packed'))).toBe(COMMIT);
    await write('worktree/.git', 'gitdir: ../branch/.git/worktrees/worktree');
    await write('branch/.git/worktrees/worktree/HEAD', 'ref: refs/heads/main');
    await write('branch/.git/worktrees/worktree/commondir', '../..');
    expect(await checkedOutCommit(join(folder, 'worktree'))).toBe(COMMIT);
  });

  it('is nobody’s where there is no checkout, or a branch without commits', async () => {
    expect(await checkedOutCommit(folder)).toBeNull();
    await write('.git/HEAD', 'ref: refs/heads/main');
    expect(await checkedOutCommit(folder)).toBeNull();
    await write('.git/HEAD', 'nonsense');
    expect(await checkedOutCommit(folder)).toBeNull();
  });
});
