/** What runs the graphs: ONNX Runtime's execution providers that Heddle serves with. */
export const PROVIDERS = ['cpu', 'webgpu', 'cuda', 'tensorrt'] as const;
export type Provider = (typeof PROVIDERS)[number];
