import { z } from 'zod';
import { me } from './account.js';
import { timestamp } from './shapes.js';

/** Code units of what is sent as a key to sign in: several times a key's, so that a mistyped one gets the answer of a wrong one. */
const MAX_SENT_KEY_CHARS = 256;

/** Header that carries `csrf_token`, as Node has it. */
export const CSRF_HEADER = 'x-csrf-token';

/** Body of `POST /v1/session`. */
export const signInBody = z.strictObject({ key: z.string().min(1).max(MAX_SENT_KEY_CHARS) });

/** Who is signed in, as the API shows it. */
export const session = z
  .strictObject({
    object: z.literal('session'),
    tenant: me.shape.tenant,
    key: me.shape.key,
    csrf_token: z
      .string()
      .describe('Sent as `X-CSRF-Token` with every request of the session that is no GET and no HEAD.'),
    expires_at: timestamp.describe('When it ends at the latest.'),
    idle_timeout_s: z.int().describe('Without a request for so long, it ends.'),
  })
  .meta({ id: 'Session' });
export type Session = z.infer<typeof session>;
