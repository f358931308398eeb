import { session, signInBody } from '@heddle/contracts';
import type { Operation } from '../http/operation.js';
import { noQuery } from '../http/query.js';

export const signIn: Operation = {
  id: 'signIn',
  tag: 'Account',
  summary: 'Sign in with a key, as the dashboard does',
  description:
    'The answer sets a cookie that opens the routes below `/v1` as the key does. No key is asked for but that of the body.',
  body: { schema: signInBody },
  answers: { 201: { description: 'Who is signed in.', schema: session, headers: ['Set-Cookie'] } },
  errors: ['unauthorized', 'forbidden', 'rate-limited'],
};

export const getSession: Operation = {
  id: 'getSession',
  tag: 'Account',
  summary: 'Who is signed in',
  description: 'Of a request with a key there is none.',
  query: noQuery,
  answers: { 200: { description: 'Who is signed in.', schema: session } },
  errors: ['not-found'],
};

export const signOut: Operation = {
  id: 'signOut',
  tag: 'Account',
  summary: 'Sign out',
  description: 'The session has ended when this is answered, whoever has its cookie.',
  answers: { 204: { description: 'It has ended.', headers: ['Set-Cookie'] } },
  errors: ['not-found'],
};
