/** What came with an object besides its fields. */
export interface AnswerInfo {
  status: number;
  /** `X-Request-Id`: what the server's log calls the request. */
  requestId: string | null;
  /** Of an alias: what `ifMatch` takes. */
  etag: string | null;
  /** Whether an earlier request with the same idempotency key had made it. */
  replayed: boolean;
  headers: Headers;
}

const answers = new WeakMap<object, AnswerInfo>();

/** What came with an object or page that a method of this client has answered; undefined for any other, copies included. */
export function answerInfo(answer: object): AnswerInfo | undefined {
  return answers.get(answer);
}

/** The same answer, of which `answerInfo` knows. */
export function remembered<T>(answer: T, { status, headers }: Response): T {
  if (typeof answer !== 'object' || answer === null) return answer;
  answers.set(answer, {
    status,
    requestId: headers.get('x-request-id'),
    etag: headers.get('etag'),
    replayed: headers.get('idempotency-replayed') === 'true',
    headers,
  });
  return answer;
}
