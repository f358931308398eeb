/** A safetensors file: length prefix, header, data. `header` is JSON text or a value to write as JSON. */
export function safetensors(header: unknown, data: Uint8Array, declaredLength?: bigint): Buffer {
  const json = Buffer.isBuffer(header)
    ? header
    : Buffer.from(typeof header === 'string' ? header : JSON.stringify(header));
  const prefix = Buffer.alloc(8);
  prefix.writeBigUInt64LE(declaredLength ?? BigInt(json.length));
  return Buffer.concat([prefix, json, data]);
}
