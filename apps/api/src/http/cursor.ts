import { createHmac, timingSafeEqual } from 'node:crypto';
import { HeddleError, isUuid } from '@heddle/contracts';

const MAC_BYTES = 16;

/** Opaque, authenticated, bound to one listing (route, tenant, filters): it cannot be made up or used elsewhere. */
export class Cursors {
  constructor(private readonly secret: Buffer) {}

  encode(listing: string, id: string): string {
    return Buffer.concat([Buffer.from(id.replaceAll('-', ''), 'hex'), this.mac(listing, id)]).toString(
      'base64url',
    );
  }

  /** The id a page ends with. Throws `invalid-cursor`. */
  decode(listing: string, cursor: string): string {
    const bytes = Buffer.from(cursor, 'base64url');
    const hex = bytes.subarray(0, 16).toString('hex');
    const id = hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
    const mac = bytes.subarray(16);
    const canonical = bytes.toString('base64url') === cursor;
    if (
      !canonical ||
      !isUuid(id) ||
      mac.length !== MAC_BYTES ||
      !timingSafeEqual(mac, this.mac(listing, id))
    ) {
      throw new HeddleError('invalid-cursor', 'The cursor is not one of this list with these filters.');
    }
    return id;
  }

  private mac(listing: string, id: string): Buffer {
    return createHmac('sha256', this.secret).update(`${listing}\n${id}`).digest().subarray(0, MAC_BYTES);
  }
}
