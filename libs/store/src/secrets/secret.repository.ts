import { randomBytes } from 'node:crypto';
import type { Database } from '../database/database.js';

const SECRET_BYTES = 32;

export class SecretRepository {
  constructor(private readonly database: Database) {}

  /** The random secret of that name, made by whoever asks first. */
  async ensure(name: string): Promise<Buffer> {
    await this.database.query(
      'INSERT INTO secrets (name, value) VALUES ($1, $2) ON CONFLICT (name) DO NOTHING',
      [name, randomBytes(SECRET_BYTES)],
    );
    const [row] = await this.database.query<{ value: Buffer }>('SELECT value FROM secrets WHERE name = $1', [
      name,
    ]);
    return row!.value;
  }
}
