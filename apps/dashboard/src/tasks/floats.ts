/** Numbers as the API sends them: a list, or the base64 of little-endian float32. */
export function floatsOf(numbers: readonly number[] | string): Float32Array {
  if (typeof numbers !== 'string') return Float32Array.from(numbers);
  const text = atob(numbers);
  const bytes = new Uint8Array(text.length);
  for (let at = 0; at < text.length; at++) bytes[at] = text.charCodeAt(at);
  // Read one by one: a Float32Array over the bytes would be of this machine's order.
  const view = new DataView(bytes.buffer);
  const floats = new Float32Array(Math.floor(text.length / 4));
  for (let at = 0; at < floats.length; at++) floats[at] = view.getFloat32(at * 4, true);
  return floats;
}

/** Cosines of all pairs of vectors of one length, −1 … 1; 0 for one without a direction. */
export function similarities(vectors: readonly Float32Array[]): number[][] {
  const norms = vectors.map((vector) => Math.sqrt(dot(vector, vector)));
  return vectors.map((a, i) =>
    vectors.map((b, j) => {
      const length = norms[i]! * norms[j]!;
      return length === 0 ? 0 : dot(a, b) / length;
    }),
  );
}

function dot(a: Float32Array, b: Float32Array): number {
  let sum = 0;
  for (let at = 0; at < a.length; at++) sum += a[at]! * b[at]!;
  return sum;
}
