import { access, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { unpackDebianPackages, unpackedFolder } from './debian-packages.js';

const FOLDER = 'swiftshader';
/** Where Debian's package `chromium-common` has SwiftShader, which draws with Vulkan on the CPU, and the loader. */
const OF_CHROMIUM = 'usr/lib/chromium';
const LOADER = 'libvulkan.so.1';
const DRIVER = 'libvk_swiftshader.so';
const MANIFEST = 'vk_swiftshader_icd.json';

/** Variables of a process that is to find a Vulkan device; empty where the machine's own does. */
export type VulkanEnvironment = Partial<Record<'LD_LIBRARY_PATH' | 'VK_DRIVER_FILES', string>>;

/**
 * A Vulkan device that ONNX Runtime's webgpu runs on: the machine's own, else SwiftShader, a Vulkan driver that computes
 * on the CPU: that of an installed chromium, else of Debian's package, unpacked once
 * (docs/decisions/0009-webgpu-is-tested-on-swiftshader.md says why that one).
 * @throws Error saying what to install where Debian's packages cannot be had.
 */
export async function vulkanEnvironment(): Promise<VulkanEnvironment> {
  if (await works({})) return {};
  const installed = swiftShaderIn(`/${OF_CHROMIUM}`);
  if ((await isThere(installed.VK_DRIVER_FILES)) && (await works(installed))) return installed;
  const folder = unpackedFolder(FOLDER);
  const unpacked = swiftShaderIn(folder);
  try {
    if (!(await isThere(unpacked.VK_DRIVER_FILES))) await unpackSwiftShader();
    await probe(unpacked);
  } catch (cause) {
    throw new Error(
      "Specs of webgpu need a Vulkan device. Install a GPU's Vulkan driver and libvulkan1, or (Debian) chromium, whose " +
        `SwiftShader needs no GPU. ${cause instanceof Error ? cause.message.split('\n')[0] : cause}`,
      { cause },
    );
  }
  return unpacked;
}

/** The environment, or null where a machine has no device; continuous integration (CI is set) must have one. */
export async function vulkanEnvironmentIfAny(): Promise<VulkanEnvironment | null> {
  try {
    return await vulkanEnvironment();
  } catch (error) {
    if (process.env.CI) throw error;
    console.log(`not run: ${(error as Error).message}`);
    return null;
  }
}

function swiftShaderIn(folder: string): Required<VulkanEnvironment> {
  return { LD_LIBRARY_PATH: folder, VK_DRIVER_FILES: join(folder, MANIFEST) };
}

const unpackSwiftShader = () =>
  unpackDebianPackages({
    name: FOLDER,
    choose: async () => ['chromium-common'],
    arrange: async ({ root, draft }) => {
      for (const file of [LOADER, DRIVER, MANIFEST]) {
        await rename(join(root, OF_CHROMIUM, file), join(draft, file));
      }
      await rm(root, { recursive: true });
    },
  });

function works(env: VulkanEnvironment): Promise<boolean> {
  return probe(env).then(
    () => true,
    () => false,
  );
}

async function probe(env: VulkanEnvironment): Promise<void> {
  // Loads ONNX Runtime, which most specs do without.
  const { probeProvider } = await import('@heddle/runtime');
  await probeProvider('webgpu', 0, { ...process.env, ...env });
}

async function isThere(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
