/**
 * A square matrix, row-major, in at most `size` × `size` numbers: of each block the one of largest magnitude, so that a line
 * as thin as one token is still seen. A matrix that is no larger is answered as it is.
 */
export function thumbnailOf(
  matrix: Float32Array,
  n: number,
  size: number,
): { numbers: Float32Array; n: number } {
  if (n <= size) return { numbers: matrix, n };
  const numbers = new Float32Array(size * size);
  for (let row = 0; row < n; row++) {
    const into = Math.floor((row * size) / n) * size;
    for (let column = 0; column < n; column++) {
      const at = into + Math.floor((column * size) / n);
      const number = matrix[row * n + column]!;
      if (Math.abs(number) > Math.abs(numbers[at]!)) numbers[at] = number;
    }
  }
  return { numbers, n: size };
}
