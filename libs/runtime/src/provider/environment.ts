import type { Provider } from '@heddle/contracts';

/** What drivers and their loaders read: where libraries and devices are, and where compiled kernels are kept. */
const OF_DRIVERS =
  /^(LD_LIBRARY_PATH|HOME|XDG_(DATA_DIRS|DATA_HOME|CONFIG_DIRS|CACHE_HOME|RUNTIME_DIR)|(CUDA|NVIDIA|VK|MESA)_\w+)$/;

/** The environment of a process that runs graphs: it has no secrets to lose. Empty for cpu. */
export function driverEnvironment(provider: Provider, env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  if (provider === 'cpu') return {};
  return Object.fromEntries(Object.entries(env).filter(([name]) => OF_DRIVERS.test(name)));
}
