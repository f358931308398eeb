import type { Provider } from '@heddle/contracts';
import type { InferenceSession } from 'onnxruntime-node';

/**
 * ONNX Runtime's list for a session, best first. It adds `cpu` by itself for nodes that nobody before takes: of our
 * graphs that is the arithmetic of shapes and positions, whose values are few and needed by the CPU anyway.
 * TensorRT leaves more, which CUDA takes. `device` is that of cuda and tensorrt; webgpu chooses its adapter itself.
 */
export function sessionProviders(
  provider: Provider,
  device: number,
): InferenceSession.ExecutionProviderConfig[] {
  const cuda = { name: 'cuda', deviceId: device };
  switch (provider) {
    case 'cuda':
      return [cuda];
    case 'tensorrt':
      return [{ name: 'tensorrt', deviceId: device }, cuda];
    default:
      return [provider];
  }
}
