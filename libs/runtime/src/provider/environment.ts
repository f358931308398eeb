import type { Provider } from '@heddle/contracts';

/** What drivers and their loaders read: where libraries and devices are, and where compiled kernels are kept. */
const OF_DRIVERS =
  /^(LD_LIBRARY_PATH|HOME|XDG_(DATA_DIRS|DATA_HOME|CONFIG_DIRS|CACHE_HOME|RUNTIME_DIR)|(CUDA|NVIDIA|VK|MESA)_\w+)$/;

/** The environment of a process that runs graphs: it has no secrets to lose. Empty for cpu. */
export function driverEnvironment(provider: Provider, env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  if (provider === 'cpu') return {};
  return Object.fromEntries(Object.entries(env).filter(([name]) => OF_DRIVERS.test(name)));
}

/**
 * Asks the C library for large pages where the system gives them on demand (hugetlb), and to lay what is smaller than
 * 32 MiB side by side, so that they are full: passes over few tokens do little but read weights. C libraries other than
 * glibc do not look at it.
 */
const LARGE_PAGES = { GLIBC_TUNABLES: 'glibc.malloc.hugetlb=1:glibc.malloc.mmap_threshold=33554432' };

/** The environment of an inference child. */
export function inferenceEnvironment(provider: Provider, env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return provider === 'cpu' ? LARGE_PAGES : driverEnvironment(provider, env);
}
