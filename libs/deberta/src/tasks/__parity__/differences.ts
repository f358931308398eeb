/** Where two values differ: numbers by more than atol + rtol · |want|, or not finite; everything else at all. */
export function differences(
  got: unknown,
  want: unknown,
  tolerance: { atol: number; rtol: number },
  path = '',
): string[] {
  if (typeof got === 'number' && typeof want === 'number') {
    const isClose = Math.abs(got - want) <= tolerance.atol + tolerance.rtol * Math.abs(want);
    return isClose ? [] : [`${path}: ${got} instead of ${want}`];
  }
  if (!isContainer(got) || !isContainer(want) || Array.isArray(got) !== Array.isArray(want)) {
    return got === want ? [] : [`${path}: ${JSON.stringify(got)} instead of ${JSON.stringify(want)}`];
  }
  const keys = [...new Set([...Object.keys(got), ...Object.keys(want)])];
  return keys.flatMap((key) => differences(got[key], want[key], tolerance, `${path}/${key}`));
}

function isContainer(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
