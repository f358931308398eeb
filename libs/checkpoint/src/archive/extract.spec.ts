import { readdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { type ZipFile, zip } from '@heddle/testing';
import { describe, expect, it } from 'vitest';
import { codeOf, config, extractIn, file, packed, weights } from '../../test/archive.js';
import { testFolder } from '../../test/checkpoint-folder.js';
import { paxFile, paxRecords, type TarFile, tar } from '../../test/writers/tar.js';
import { extractArchive } from './extract.js';

const { folder } = testFolder();
const extract = async (archive: Buffer) => extractIn(await folder({ 'upload.bin': archive }));

const both = (write: (name: string, data?: Uint8Array) => object) => [
  write('config.json', config),
  write('model.safetensors', weights),
];
const described = (name: string, data?: Uint8Array) => ({ ...packed(name, data), descriptor: true });
const inside = (top: string) => (name: string, data?: Uint8Array) => file(`${top}/${name}`, data);

describe('unpacking a checkpoint', () => {
  it.each<[string, Buffer]>([
    ['tar', tar(both(file) as TarFile[])],
    ['tar of a folder', tar([{ name: 'my-model/', type: '5' }, ...(both(inside('my-model')) as TarFile[])])],
    ['tar of the current folder', tar([{ name: './', type: '5' }, ...(both(inside('.')) as TarFile[])])],
    ['tar of a folder of the current folder', tar(both(inside('./my-model')) as TarFile[])],
    [
      'tar with a comment for all, as git writes',
      tar([
        { name: 'pax_global_header', type: 'g', data: paxRecords({ comment: 'abc' }) },
        ...(both(file) as TarFile[]),
      ]),
    ],
    ['tar that ends with one empty block', tar(both(file) as TarFile[], Buffer.alloc(512))],
    ['tar.gz', gzipSync(tar(both(inside('my-model')) as TarFile[]))],
    [
      'tar.gz in two members',
      Buffer.concat(
        [tar(both(file) as TarFile[])].flatMap((all) => [
          gzipSync(all.subarray(0, 700)),
          gzipSync(all.subarray(700)),
        ]),
      ),
    ],
    ['zip', zip(both(file) as ZipFile[])],
    ['zip, deflated', zip(both(packed) as ZipFile[])],
    ['zip, sizes after the data', zip(both(described) as ZipFile[])],
    ['zip64', zip(both(packed) as ZipFile[], { zip64: true })],
    ['zip with a comment', zip(both(file) as ZipFile[], { comment: 'PK\x05\x06 hello' })],
    [
      'zip of a folder, with modes',
      zip([
        { name: 'm/', mode: 0o040755 },
        ...(both(inside('m')) as ZipFile[]).map((f) => ({ ...f, mode: 0o100644 })),
      ]),
    ],
    [
      'zip of macOS',
      zip([
        ...(both(inside('m')) as ZipFile[]),
        file('__MACOSX/m/._config.json', config),
        file('m/.DS_Store', config),
      ]),
    ],
  ])('%s', async (_what, archive) => {
    const files = await extract(archive);
    expect([...files.keys()]).toEqual(['config.json', 'model.safetensors']);
    expect(files.get('config.json')!.equals(config)).toBe(true);
    expect(files.get('model.safetensors')!.equals(weights)).toBe(true);
  });

  it('takes the configuration of a module from its folder, as a file beside the others', async () => {
    const modules = [
      file('1_Pooling/config.json', Buffer.from('{}')),
      file('1_Pooling/README.md'),
      file('0_a/b/config.json'),
    ];
    const below = modules.map((one) => ({ ...one, name: `m/${one.name}` }));
    for (const archive of [
      zip([...(both(file) as ZipFile[]), ...modules]),
      tar([...(both(inside('m')) as TarFile[]), ...below]),
    ])
      expect([...(await extract(archive)).keys()]).toEqual([
        '1_Pooling.config.json',
        'config.json',
        'model.safetensors',
      ]);
    const twice = zip([...(both(file) as ZipFile[]), ...modules, file('1_pooling.config.json')]);
    expect(await codeOf(extract(twice))).toBe('unsafe-archive');
  });

  it('leaves out files in further folders', async () => {
    const entries = [...both(inside('m')), file('m/onnx/model.onnx', weights), file('m/.git/config', config)];
    const archives = [
      tar(entries as TarFile[]),
      zip(entries as ZipFile[]),
      zip([...(both(file) as ZipFile[]), file('onnx/model.onnx', weights)]),
    ];
    for (const archive of archives) {
      expect([...(await extract(archive)).keys()]).toEqual(['config.json', 'model.safetensors']);
    }
  });

  it('takes long names from pax records and from GNU headers', async () => {
    const name = `${'x'.repeat(200)}.json`;
    expect([...(await extract(tar(paxFile(name, config)))).keys()]).toEqual([name]);
    const gnu = tar([
      { name: '././@LongLink', type: 'L', data: Buffer.from(`${name}\0`) },
      { name: name.slice(0, 99), data: config },
    ]);
    expect([...(await extract(gnu)).keys()]).toEqual([name]);
    const prefixed = tar([{ name: 'config.json', prefix: 'my-model', data: config }]);
    expect([...(await extract(prefixed)).keys()]).toEqual(['config.json']);
  });

  it('writes into a folder that is there, and never over a file or through a link', async () => {
    const dir = await folder({ 'a.tar': tar(both(file) as TarFile[]), victim: 'untouched' });
    const outDir = await folder({ 'README.md': 'kept' });
    await extractArchive(join(dir, 'a.tar'), outDir);
    expect((await readdir(outDir)).sort()).toEqual(['README.md', 'config.json', 'model.safetensors']);
    for (const prepare of [
      (path: string) => writeFile(path, 'mine'),
      (path: string) => symlink(join(dir, 'victim'), path),
    ]) {
      const taken = await folder();
      await prepare(join(taken, 'model.safetensors'));
      expect(await codeOf(extractArchive(join(dir, 'a.tar'), taken))).toBe('already-exists');
      expect(await readdir(taken)).toEqual(['model.safetensors']);
    }
    expect(await readFile(join(dir, 'victim'), 'utf8')).toBe('untouched');
  });
});
