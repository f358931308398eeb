import { chmod, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { unpackDebianPackages, unpackedFolder } from './debian-packages.js';
import { findInPath, isExecutable } from './executables.js';

const FOLDER = 'chromium';
const INSTALL = 'apt-get install chromium';
const INSTALLED = ['chromium-headless-shell', 'chromium', 'google-chrome'];

/**
 * Path of a Chromium that runs without a display: an installed one, else Debian's package, unpacked once. Null where
 * neither can be had; continuous integration (CI is set) must have one.
 */
export async function chromiumPathIfAny(): Promise<string | null> {
  for (const name of INSTALLED) {
    const path = await findInPath(name);
    if (path) return path;
  }
  const launcher = join(unpackedFolder(FOLDER), 'chromium');
  if (await isExecutable(launcher)) return launcher;
  try {
    await unpackChromium();
    return launcher;
  } catch (cause) {
    if (process.env.CI)
      throw new Error(`Specs of pages need Chromium, and Debian's package cannot be had: ${INSTALL}.`, {
        cause,
      });
    console.log(`not run: no chromium, ${INSTALL} (${(cause as Error).message.split('\n')[0]})`);
    return null;
  }
}

const unpackChromium = () =>
  unpackDebianPackages({
    name: FOLDER,
    choose: async (apt) => {
      // The simulation names what this system lacks.
      const { stdout } = await apt(
        'install',
        '--simulate',
        '--no-install-recommends',
        'chromium-headless-shell',
        'fonts-liberation',
      );
      return [...stdout.matchAll(/^Inst (\S+)/gm)].map((match) => match[1]!);
    },
    arrange: async ({ root, draft, target }) => {
      const [libraries] = (await readdir(join(root, 'usr/lib'))).filter((name) => name.includes('-linux-'));
      const final = join(target, 'root');
      const found = ['usr/lib', 'lib'].map((folder) => `${final}/${folder}/${libraries}`);
      const paths = [...found, `${found[0]}/pulseaudio`].join(':');
      // It ends where it finds no font at all.
      await writeFile(
        join(draft, 'fonts.conf'),
        `<?xml version="1.0"?><fontconfig><dir>/usr/share/fonts</dir><dir>${final}/usr/share/fonts</dir><cachedir>${target}/fonts</cachedir></fontconfig>\n`,
      );
      await writeFile(
        join(draft, 'chromium'),
        `#!/bin/sh\nFONTCONFIG_FILE='${target}/fonts.conf' LD_LIBRARY_PATH='${paths}' exec '${final}/usr/lib/chromium/chromium-headless-shell' "$@"\n`,
      );
      await chmod(join(draft, 'chromium'), 0o755);
    },
  });
