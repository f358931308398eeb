import { describe, expect, it } from 'vitest';
import { replicate, version, world } from './setting.js';

describe('models', () => {
  it('are listed and found, with their versions', async () => {
    const { results } = await replicate.models.list();
    expect(results.map(({ name }) => name)).toEqual(expect.arrayContaining(['sentiment', 'embedder']));
    const model = await replicate.models.get('library', 'sentiment');
    expect(model).toMatchObject({
      owner: 'library',
      name: 'sentiment',
      visibility: 'public',
      run_count: 0,
      latest_version: { id: version },
    });
    const own = await replicate.models.get(world.slug, 'embedder');
    expect(own).toMatchObject({ owner: world.slug, visibility: 'private' });
    const versions = await replicate.models.versions.list('library', 'sentiment');
    expect(versions.results.map(({ id }) => id)).toEqual([version]);
    const one = await replicate.models.versions.get('library', 'sentiment', version);
    expect(one).toMatchObject({ id: version, cog_version: '0.16.0' });
    for (const [owner, name] of [
      ['strangers', 'sentiment'],
      ['library', 'nothing'],
    ] as const)
      await expect(replicate.models.get(owner, name)).rejects.toMatchObject({ response: { status: 404 } });
  });

  it('have deployments', async () => {
    const { results } = await replicate.deployments.list();
    expect(results).toContainEqual(
      expect.objectContaining({ owner: 'library', name: 'sentiment@production' }),
    );
    const found = await replicate.deployments.get(world.slug, 'sentiment');
    expect(found.current_release).toMatchObject({ model: 'library/sentiment', version, number: 1 });
  });
});

it('the account is the tenant', async () => {
  expect(await replicate.accounts.current()).toMatchObject({ type: 'organization', username: world.slug });
  expect(await replicate.hardware.list()).toHaveLength(1);
});
