import type { Provider } from '@heddle/contracts';

/** The loader's words for a shared library that is not there; the last one named is the one that others needed. */
const MISSING_LIBRARY = /([\w.+-]+\.so[\w.]*): cannot open shared object file/g;
/** ONNX Runtime's own part of a provider, without which it does not even look for the vendor's. */
const ORT_LIBRARY = /^libonnxruntime_providers_/;
const DRIVER_OF_NVIDIA = 'libcuda.so.1';
/** Where ONNX Runtime's errors, which begin with files and signatures of its own, say what is wrong. */
const CUDA_FAILURE = /\b\w+ failure \d+: [^;\n]+/;
const LOADER_ERROR = /Failed to load library \S+ with error: (.+)/;
const FAILED_CHECK = / was false\. (.+)/;
/** Characters of a reason that nobody has foreseen. */
const MAX_REASON = 300;

const REMEDIES: Record<Provider, string> = {
  cpu: 'Install onnxruntime-node again for this platform (glibc, x64 or arm64)',
  webgpu:
    "Install libvulkan1 and the GPU's Vulkan driver (in a container, let it see the GPU with the capability `graphics`), or set HEDDLE_PROVIDER=cpu",
  cuda: 'Use the image of infra/docker/Dockerfile.gpu on a host with an NVIDIA driver and its container toolkit, or set HEDDLE_PROVIDER=cpu',
  tensorrt:
    'Use the image of infra/docker/Dockerfile.gpu on a host with an NVIDIA driver and its container toolkit, or set HEDDLE_PROVIDER=cuda or cpu',
};

/** One line for an operator: which setting cannot be had, what is missing, and what to do. */
export function failureLine(provider: Provider, device: number, reason: string): string {
  const which = provider === 'cuda' || provider === 'tensorrt' ? ` on device ${device}` : '';
  return `HEDDLE_PROVIDER=${provider} cannot be used here${which}: ${reason}. ${REMEDIES[provider]}.`;
}

/** What is missing, out of what the native library said: the error it threw and the lines it wrote. */
export function reasonOf(error: string, written: string): string {
  const library = [...`${written}\n${error}`.matchAll(MISSING_LIBRARY)].at(-1)?.[1];
  if (library) return `${library} is missing${explained(library)}`;
  if (/No supported adapters/.test(error)) return 'no GPU with a usable Vulkan driver was found';
  const found =
    CUDA_FAILURE.exec(error)?.[0] ?? LOADER_ERROR.exec(written)?.[1] ?? FAILED_CHECK.exec(error)?.[1];
  return firstLine(found ?? error) || firstLine(written) || 'it gave no reason';
}

function explained(library: string): string {
  if (ORT_LIBRARY.test(library)) return ': onnxruntime-node was installed without its libraries for NVIDIA';
  return library === DRIVER_OF_NVIDIA ? ": it comes with NVIDIA's driver" : '';
}

function firstLine(text: string): string {
  const line = text.split('\n').find((one) => one.trim() !== '') ?? '';
  return line.trim().replace(/\.$/, '').slice(0, MAX_REASON);
}
