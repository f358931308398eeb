import { randomBytes } from 'node:crypto';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { type DashboardFile, type Encoding, readDashboard } from './files.js';

declare module 'fastify' {
  interface FastifyRequest {
    /** Whether it was answered with a file of the dashboard. */
    forDashboard?: boolean;
  }
}

/** Of files that never change, in seconds: a year. */
const HASHED_CACHE = 'public, max-age=31536000, immutable';
/** Stands in `index.html` where the nonce of the answer is to be, for style sheets that a library writes at run time. */
const NONCE_PLACE = '__CSP_NONCE__';
const NONCE_BYTES = 16;
const NOT_BUILT = `The dashboard is not built. In the clone: npm run build, then start the api again.
The API is all there: /docs
`;

/** Headers of every file: nothing but this server's own files and answers, in no frame, and no device of the reader's. */
const HEADERS = {
  'referrer-policy': 'same-origin',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'permissions-policy':
    'accelerometer=(), camera=(), display-capture=(), geolocation=(), gyroscope=(), magnetometer=(), microphone=(), midi=(), payment=(), usb=()',
};
const contentSecurityPolicy = (styleNonce: string | null) =>
  `default-src 'none'; script-src 'self'; style-src 'self'${styleNonce ? ` 'nonce-${styleNonce}'` : ''}; img-src 'self' data:; ` +
  "connect-src 'self'; font-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

/** The files of the dashboard, at `/` and at every path that is none of the API's. */
export class Dashboard {
  private constructor(private readonly files: Map<string, DashboardFile> | null) {}

  /** Reads the folder once; one that is missing is a dashboard that is not built. */
  static async open(folder: string): Promise<Dashboard> {
    return new Dashboard(await readDashboard(folder));
  }

  /**
   * Answers a request that no route takes, where it is for the dashboard: for one of its files, or of a browser that wants a page,
   * whose path the script on it understands. False for any other; `ofApi`: nothing is at the path, but the API has others beside it.
   */
  answer(request: FastifyRequest, reply: FastifyReply, ofApi: boolean): boolean {
    if (request.method !== 'GET' && request.method !== 'HEAD') return false;
    const path = request.url.split('?', 1)[0]!;
    const file = path === '/' ? undefined : this.files?.get(path);
    const index = this.files?.get('/index.html');
    if (file && file !== index) send(request, reply, file);
    else if (path === '/' && !index)
      void reply.status(404).headers(HEADERS).type('text/plain; charset=utf-8').send(NOT_BUILT);
    else if (index && (path === '/' || path === '/index.html' || (!ofApi && wantsPage(request, path))))
      sendPage(request, reply, index);
    else return false;
    request.forDashboard = true;
    return true;
  }
}

/** A file of the build that is missing is missing, whoever asks. */
function wantsPage({ headers }: FastifyRequest, path: string): boolean {
  return (headers.accept ?? '').includes('text/html') && !path.startsWith('/assets/');
}

/** With a nonce of its own where the page has places for one: such an answer is never the same again. */
function sendPage(request: FastifyRequest, reply: FastifyReply, index: DashboardFile): void {
  const page = index.bodies.get('identity')!.bytes.toString();
  if (!page.includes(NONCE_PLACE)) {
    send(request, reply, index);
    return;
  }
  const nonce = randomBytes(NONCE_BYTES).toString('base64');
  void reply
    .headers({
      ...HEADERS,
      'content-security-policy': contentSecurityPolicy(nonce),
      'cache-control': 'no-cache',
    })
    .type(index.type)
    .send(page.replaceAll(NONCE_PLACE, nonce));
}

function send(request: FastifyRequest, reply: FastifyReply, file: DashboardFile): void {
  const [encoding, { bytes, etag }] = chosenBody(request, file);
  void reply.headers({
    ...HEADERS,
    'content-security-policy': contentSecurityPolicy(null),
    'cache-control': file.hashed ? HASHED_CACHE : 'no-cache',
    vary: 'Accept-Encoding',
    etag,
  });
  if (hasAlready(request, etag)) {
    void reply.status(304).send();
    return;
  }
  if (encoding !== 'identity') void reply.header('content-encoding', encoding);
  void reply.type(file.type).send(bytes);
}

/** The smallest that the client takes. */
function chosenBody(
  { headers }: FastifyRequest,
  { bodies }: DashboardFile,
): [Encoding, { bytes: Buffer; etag: string }] {
  const accepted = new Set(
    [headers['accept-encoding'] ?? '']
      .flat()
      .join(',')
      .toLowerCase()
      .split(',')
      .map((coding) => coding.trim().split(/\s*;\s*/))
      .filter(([, quality]) => !/^q=0(\.0*)?$/.test(quality ?? ''))
      .map(([name]) => name),
  );
  return [...bodies].find(([encoding]) => encoding === 'identity' || accepted.has(encoding))!;
}

function hasAlready({ headers }: FastifyRequest, etag: string): boolean {
  const known = headers['if-none-match'] ?? '';
  return known.split(',').some((one) => ['*', etag].includes(one.trim().replace(/^W\//, '')));
}
