import { chmod, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Unpacking, unpackDebianPackages, unpackedFolder } from './debian-packages.js';
import { findInPath, isExecutable } from './executables.js';

/** What starts a shell whose packages lie in a folder, in place of where they belong. */
const LAUNCHERS = {
  zsh: (root: string) => {
    const functions = ['Completion', 'Completion/Base', 'Completion/Unix', 'Completion/Zsh', 'Misc', 'Zle'];
    const folders = functions.map((name) => `${root}/usr/share/zsh/functions/${name}`);
    return `FPATH='${folders.join(':')}' exec '${root}/bin/zsh-static' "$@"`;
  },
  fish: (root: string, libraries: string) => {
    const found = ['usr/lib', 'lib'].map((folder) => `${root}/${folder}/${libraries}`).join(':');
    const functions = `set fish_function_path ${root}/usr/share/fish/functions`;
    return `LD_LIBRARY_PATH='${found}' exec '${root}/usr/bin/fish' -C '${functions}' "$@"`;
  },
};
const PACKAGES = { zsh: ['zsh-static', 'zsh-common'], fish: ['fish'] };

/**
 * Path of a shell: an installed one, else Debian's package, unpacked once. Null where neither can be had; continuous
 * integration (CI is set) must have it.
 */
export async function shellPathIfAny(name: keyof typeof LAUNCHERS): Promise<string | null> {
  const installed = await findInPath(name);
  if (installed) return installed;
  const launcher = join(unpackedFolder(name), name);
  if (await isExecutable(launcher)) return launcher;
  try {
    await unpackDebianPackages(unpacking(name));
    return launcher;
  } catch (cause) {
    if (process.env.CI) throw new Error(`Specs of completion need ${name}: install it.`, { cause });
    console.log(`not run: no ${name} (${(cause as Error).message.split('\n')[0]})`);
    return null;
  }
}

function unpacking(name: keyof typeof LAUNCHERS): Unpacking {
  return {
    name,
    choose: async (apt) => {
      // The simulation names what this system lacks.
      const { stdout } = await apt('install', '--simulate', '--no-install-recommends', ...PACKAGES[name]);
      return [...stdout.matchAll(/^Inst (\S+)/gm)].map((match) => match[1]!);
    },
    arrange: async ({ root, draft, target }) => {
      // One that is linked statically brings none.
      const found = await readdir(join(root, 'usr/lib')).catch(() => []);
      const libraries = found.find((one) => one.includes('-linux-')) ?? '';
      const text = `#!/bin/sh\n${LAUNCHERS[name](join(target, 'root'), libraries)}\n`;
      await writeFile(join(draft, name), text);
      await chmod(join(draft, name), 0o755);
    },
  };
}
