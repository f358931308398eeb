/** 32 bits of a value (FNV-1a over its JSON), the same whatever letters are large: models write one label differently. */
export function fingerprint(value: unknown): number {
  const text = JSON.stringify(value).toLowerCase();
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  return hash >>> 0;
}
