/** Bytes of one name in an archive; file systems allow 255 per folder. */
export const MAX_NAME_BYTES = 1024;

/**
 * Why a path inside an archive is refused; undefined for a relative path of plain names, with `/` between
 * them and maybe at the end of a folder's.
 */
export function faultOfPath(path: string): string | undefined {
  if (path === '') return 'is empty';
  if (path.length > MAX_NAME_BYTES) return `has more than ${MAX_NAME_BYTES} characters`;
  if (!path.isWellFormed() || hasControlCharacters(path)) return 'holds control characters';
  if (path.includes('\\')) return 'holds a backslash';
  if (path.startsWith('/') || /^[A-Za-z]:/.test(path)) return 'is an absolute path';
  const segments = (path.endsWith('/') ? path.slice(0, -1) : path).split('/');
  if (segments.includes('..')) return 'leaves its folder';
  if (segments.includes('')) return 'holds an empty folder name';
  return undefined;
}

/** For messages: quoted, and never longer than a line. */
export function shown(name: string): string {
  return JSON.stringify(name.length > 100 ? `${name.slice(0, 100)}…` : name);
}

function hasControlCharacters(text: string): boolean {
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (unit < 0x20 || unit === 0x7f) return true;
  }
  return false;
}
