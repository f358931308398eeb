import { HeddleClient } from '@heddle/client';
import { sessionFetch } from './http.js';

/** The public HTTP API, with the session of whoever is signed in. */
export const client = new HeddleClient({ baseUrl: window.location.origin, fetch: sessionFetch });
