export type { ArtifactStore } from './artifact-store.js';
export { digestOf } from './digest.js';
export { openFolderStore } from './folder-store.js';
export { materialise } from './materialise.js';
