import { createHmac, timingSafeEqual } from 'node:crypto';
import { HeddleError, isUuid } from '@heddle/contracts';

const MAC_BYTES = 16;

/** Opaque, authenticated, bound to one listing (route, tenant, filters): it cannot be made up or used elsewhere. */
export class Cursors {
  constructor(private readonly secret: Buffer) {}

  encode(listing: string, id: string): string {
    return seal(this.secret, listing, id, Buffer.from(id.replaceAll('-', ''), 'hex'));
  }

  /** The id a page ends with. Throws `invalid-cursor`. */
  decode(listing: string, cursor: string): string {
    return open(this.secret, listing, cursor, (bytes) => {
      const hex = bytes.toString('hex');
      const id = hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
      return isUuid(id) ? id : null;
    });
  }
}

/** The same of a list in the order of names. */
export class NameCursors {
  constructor(private readonly secret: Buffer) {}

  encode(listing: string, name: string): string {
    return seal(this.secret, listing, name, Buffer.from(name));
  }

  /** Throws `invalid-cursor`. */
  decode(listing: string, cursor: string): string {
    return open(this.secret, listing, cursor, (bytes) => bytes.toString());
  }
}

function seal(secret: Buffer, listing: string, key: string, bytes: Buffer): string {
  return Buffer.concat([bytes, macOf(secret, listing, key)]).toString('base64url');
}

function open(
  secret: Buffer,
  listing: string,
  cursor: string,
  keyOf: (bytes: Buffer) => string | null,
): string {
  const bytes = Buffer.from(cursor, 'base64url');
  const isCanonical = bytes.toString('base64url') === cursor && bytes.length > MAC_BYTES;
  const key = isCanonical ? keyOf(bytes.subarray(0, -MAC_BYTES)) : null;
  if (key === null || !timingSafeEqual(bytes.subarray(-MAC_BYTES), macOf(secret, listing, key)))
    throw new HeddleError('invalid-cursor', 'The cursor is not one of this list with these filters.');
  return key;
}

function macOf(secret: Buffer, listing: string, key: string): Buffer {
  return createHmac('sha256', secret).update(`${listing}\n${key}`).digest().subarray(0, MAC_BYTES);
}
