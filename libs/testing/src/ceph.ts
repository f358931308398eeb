import { access, readdir, rm } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { unpackDebianPackages, unpackedFolder } from './debian-packages.js';

const FOLDER = 'ceph';
const PACKAGES = ['radosgw', 'ceph-mon', 'ceph-osd'];
const PROGRAMS = ['radosgw', 'radosgw-admin', 'ceph-mon', 'ceph-osd', 'monmaptool', 'osdmaptool'];

/** Where Ceph's programs are, and what they need to find their libraries and plug-ins. */
export interface Ceph {
  /** Path of one of the programs. */
  program(name: string): string;
  env: Record<string, string>;
  /** Lines of ceph.conf. */
  settings: Record<string, string>;
}

/**
 * Ceph, whose gateway speaks S3: the installed one, else Debian's packages, unpacked once (about 60 MB to download).
 * @throws Error saying what to install where Debian's packages cannot be had.
 */
export async function cephPrograms(): Promise<Ceph> {
  if (await areInstalled()) return { program: (name) => name, env: {}, settings: {} };
  const root = join(unpackedFolder(FOLDER), 'root');
  try {
    if (!(await isThere(join(root, 'usr/bin/radosgw')))) await unpackCeph();
  } catch (cause) {
    throw new Error(
      `Specs of S3 need Ceph. Install it (Debian, Ubuntu: apt-get install ${PACKAGES.join(' ')}) so that radosgw is found in PATH.`,
      { cause },
    );
  }
  const folders = (await readdir(join(root, 'usr/lib'))).filter((name) => name.includes('-linux-'));
  const libraries = join(root, 'usr/lib', folders[0]!);
  return {
    program: (name) => join(root, 'usr/bin', name),
    env: { LD_LIBRARY_PATH: `${libraries}:${libraries}/ceph:${join(root, 'lib', folders[0]!)}` },
    settings: {
      'erasure code dir': join(libraries, 'ceph/erasure-code'),
      'plugin dir': join(libraries, 'ceph'),
      'osd class dir': join(libraries, 'rados-classes'),
    },
  };
}

const unpackCeph = () =>
  unpackDebianPackages({
    name: FOLDER,
    choose: async (apt) => {
      // The simulation names what this system lacks: the programs and their libraries.
      const { stdout } = await apt('install', '--simulate', '--no-install-recommends', ...PACKAGES);
      return [...stdout.matchAll(/^Inst (\S+)/gm)].map((match) => match[1]!);
    },
    arrange: async ({ root }) => rm(join(root, 'usr/share'), { recursive: true, force: true }),
  });

async function areInstalled(): Promise<boolean> {
  const folders = (process.env.PATH ?? '').split(delimiter);
  const found = await Promise.all(
    PROGRAMS.map(async (program) => {
      return (await Promise.all(folders.map((folder) => isThere(join(folder, program))))).includes(true);
    }),
  );
  return !found.includes(false);
}

function isThere(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
