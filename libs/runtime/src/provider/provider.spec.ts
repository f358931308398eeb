import { access, copyFile, mkdtemp, rm, truncate, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { vulkanEnvironmentIfAny } from '@heddle/testing';
import { describe, expect, it } from 'vitest';
import { openSession } from '../session.js';
import { driverEnvironment } from './environment.js';
import { failureLine, reasonOf } from './failure.js';
import { probeProvider } from './probe.js';
import { PROBE_GRAPH } from './probe-graph.js';

const vulkan = await vulkanEnvironmentIfAny();
/** Whether onnxruntime-node has its libraries for NVIDIA, which the image for GPUs installs. */
const nvidia = await access(
  join(
    dirname(createRequire(import.meta.url).resolve('onnxruntime-node/package.json')),
    'bin/napi-v6/linux/x64/libonnxruntime_providers_shared.so',
  ),
).then(
  () => true,
  () => false,
);

describe('the probe', () => {
  it('runs on the CPU', async () => {
    expect(await probeProvider('cpu')).toBeGreaterThan(0);
  });

  it.runIf(vulkan)('runs on a Vulkan device', async () => {
    expect(await probeProvider('webgpu', 0, { ...process.env, ...vulkan })).toBeGreaterThan(0);
  });

  it.runIf(vulkan?.VK_DRIVER_FILES)('says that there is no Vulkan device', async () => {
    const env = { ...vulkan, VK_DRIVER_FILES: '/nonexistent.json' };
    await expect(probeProvider('webgpu', 0, env)).rejects.toMatchObject({
      code: 'provider-unavailable',
      message: expect.stringMatching(
        /^HEDDLE_PROVIDER=webgpu cannot be used here: no GPU with a usable Vulkan driver was found\. Install .*set HEDDLE_PROVIDER=cpu\.$/,
      ),
    });
  });

  it.skipIf(nvidia).each(['cuda', 'tensorrt'] as const)(
    'says that the libraries of %s are missing',
    async (provider) => {
      await expect(probeProvider(provider, 1)).rejects.toMatchObject({
        code: 'provider-unavailable',
        message: expect.stringMatching(
          /^HEDDLE_PROVIDER=(cuda|tensorrt) cannot be used here on device 1: libonnxruntime_providers_shared\.so is missing.*Dockerfile\.gpu.*$/,
        ),
      });
    },
  );

  it.runIf(vulkan?.VK_DRIVER_FILES)('outlives a driver that crashes', async () => {
    const dir = await mkdtemp(join(tmpdir(), 'heddle-driver-'));
    try {
      // Half a driver: the loader maps pages that the file does not have.
      const library = join(dir, 'libdriver.so');
      await copyFile(join(dirname(vulkan!.VK_DRIVER_FILES!), 'libvk_swiftshader.so'), library);
      await truncate(library, 1_000_000);
      const icd = { file_format_version: '1.0.0', ICD: { library_path: library, api_version: '1.0.5' } };
      await writeFile(join(dir, 'icd.json'), JSON.stringify(icd));
      const env = { ...vulkan, VK_DRIVER_FILES: join(dir, 'icd.json') };
      await expect(probeProvider('webgpu', 0, env)).rejects.toMatchObject({
        code: 'provider-unavailable',
        message: expect.stringMatching(/its driver brought the probe down \(SIG\w+\)/),
      });
    } finally {
      await rm(dir, { recursive: true });
    }
  });
});

describe('what is missing', () => {
  it.each([
    // As ONNX Runtime 1.30 writes them, without NVIDIA's libraries, without its driver, and with one too old.
    [
      'OrtSessionOptionsAppendExecutionProvider_Cuda: Failed to load shared library',
      '[E:onnxruntime:onnxruntime-node, provider_bridge_ort.cc:2146 Create] [ONNXRuntimeError] : 1 : FAIL : Failed to load library /x/libonnxruntime_providers_cuda.so with error: libcublasLt.so.13: cannot open shared object file: No such file or directory',
      'libcublasLt.so.13 is missing',
    ],
    [
      'OrtSessionOptionsAppendExecutionProvider_Cuda: Failed to load shared library',
      'Failed to load library /x/libonnxruntime_providers_cuda.so with error: libcuda.so.1: cannot open shared object file: No such file or directory',
      "libcuda.so.1 is missing: it comes with NVIDIA's driver",
    ],
    [
      'OrtSessionOptionsAppendExecutionProvider_Cuda: Failed to load shared library',
      'Failed to load library /x/libonnxruntime_providers_cuda.so with error: /x/libonnxruntime_providers_cuda.so: undefined symbol: cuGetErrorString\nmore',
      '/x/libonnxruntime_providers_cuda.so: undefined symbol: cuGetErrorString',
    ],
    [
      '/onnxruntime_src/onnxruntime/core/providers/cuda/cuda_call.cc:154 void onnxruntime::CudaCall(int) [with ERRTYPE = cudaError] CUDA failure 35: CUDA driver version is insufficient for CUDA runtime version ; GPU=-1 ; hostname=h ; file=/x.cc ; line=352 ; expr=cudaSetDevice(info_.device_id); ',
      '',
      'CUDA failure 35: CUDA driver version is insufficient for CUDA runtime version',
    ],
    [
      '/onnxruntime_src/onnxruntime/core/providers/webgpu/webgpu_context.cc:136 Initialize()::<lambda()> adapter_result.status == Success was false. Failed to get a WebGPU adapter: lost\n',
      '',
      'Failed to get a WebGPU adapter: lost',
    ],
    [
      'Failed to get a WebGPU adapter: No supported adapters',
      "Warning: Couldn't load Vulkan: libvulkan.so.1: cannot open shared object file: No such file or directory",
      'libvulkan.so.1 is missing',
    ],
    ['', '', 'it gave no reason'],
  ])('%j', (error, written, reason) => {
    expect(reasonOf(error, written)).toBe(reason);
    expect(failureLine('cuda', 0, reason)).not.toContain('\n');
  });
});

describe('the environment of a child', () => {
  const env = {
    HEDDLE_DATABASE_URL: 'postgres://u:secret@h/d',
    AWS_SECRET_ACCESS_KEY: 'secret',
    LD_LIBRARY_PATH: '/a',
    VK_DRIVER_FILES: '/b',
    CUDA_VISIBLE_DEVICES: '1',
  };
  it('is empty on the CPU, and names drivers only on a GPU', () => {
    expect(driverEnvironment('cpu', env)).toEqual({});
    expect(Object.keys(driverEnvironment('cuda', env)).sort()).toEqual([
      'CUDA_VISIBLE_DEVICES',
      'LD_LIBRARY_PATH',
      'VK_DRIVER_FILES',
    ]);
  });
});

describe('a session', () => {
  it.skipIf(nvidia)('never falls back to the CPU', async () => {
    const dir = await mkdtemp(join(tmpdir(), 'heddle-provider-'));
    try {
      const path = join(dir, 'model.onnx');
      await writeFile(path, PROBE_GRAPH);
      await (await openSession(path)).close();
      for (const provider of ['cuda', 'tensorrt'] as const) {
        await expect(openSession(path, { provider })).rejects.toMatchObject({
          code: 'model-unavailable',
          message: `The model cannot be opened on ${provider}.`,
        });
      }
    } finally {
      await rm(dir, { recursive: true });
    }
  });
});
