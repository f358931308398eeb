import type { Job, Page } from '@heddle/contracts';

/** The native API as a spec calls it: throws on a refusal, retries nothing. */
export class TestClient {
  constructor(
    readonly url: string,
    private readonly key: string,
  ) {}

  /** Submits; `waitS` > 0 waits that long for the end. */
  async submit(body: Record<string, unknown>, headers: Record<string, string> = {}): Promise<Job> {
    return this.request<Job>('POST', '/v1/jobs', body, headers);
  }

  /** Submits and holds until the job has ended, however often a wait runs out. */
  async run(body: Record<string, unknown>): Promise<Job> {
    return this.ended(await this.submit(body, { prefer: 'wait=60' }));
  }

  /** Holds until a job has ended, however often a wait runs out. */
  async ended(submitted: Job): Promise<Job> {
    let job = submitted;
    while (job.status === 'queued' || job.status === 'running') {
      job = await this.request<Job>('GET', `/v1/jobs/${job.id}`, undefined, { prefer: 'wait=60' });
    }
    return job;
  }

  get(id: string): Promise<Job> {
    return this.request<Job>('GET', `/v1/jobs/${id}`);
  }

  list(query: string): Promise<Page<Job>> {
    return this.request<Page<Job>>('GET', `/v1/jobs?${query}`);
  }

  cancel(id: string): Promise<Job> {
    return this.request<Job>('POST', `/v1/jobs/${id}/cancel`, {});
  }

  async upload<T>(path: string, form: FormData): Promise<T> {
    return this.send<T>('POST', path, form, {});
  }

  async request<T>(
    method: string,
    path: string,
    body?: unknown,
    headers: Record<string, string> = {},
  ): Promise<T> {
    const json = body === undefined ? undefined : JSON.stringify(body);
    const type: Record<string, string> = json === undefined ? {} : { 'content-type': 'application/json' };
    return this.send<T>(method, path, json, { ...type, ...headers });
  }

  private async send<T>(
    method: string,
    path: string,
    body: string | FormData | undefined,
    headers: Record<string, string>,
  ): Promise<T> {
    const response = await fetch(this.url + path, {
      method,
      headers: { authorization: `Bearer ${this.key}`, ...headers },
      ...(body === undefined ? {} : { body }),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`);
    return JSON.parse(text) as T;
  }
}
