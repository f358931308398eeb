import { z } from 'zod';

/** Body of a POST that takes no fields. */
export const emptyBody = z.strictObject({});
