export type { ArtifactStore, Digest, ListedArtifact } from './artifact-store.js';
export { digestOf } from './digest.js';
export { orStorageFull } from './disk-full.js';
export { openFolderStore } from './folder-store.js';
export { findGarbage } from './garbage.js';
export { materialise } from './materialise.js';
export { type ArtifactLocation, describeLocation, openArtifactStore, openUsableStore } from './open-store.js';
export { openScratch, type Scratch } from './scratch.js';
