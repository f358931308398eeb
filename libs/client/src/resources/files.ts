import type { CreateOptions, RequestOptions } from '../http/call.js';
import { segment } from '../http/call.js';
import { FileContent } from '../http/content.js';
import { type FileContents, uploadOf } from '../http/multipart.js';
import { Pages } from '../http/pages.js';
import type { Transport } from '../http/transport.js';
import type { FilterOf, StoredFile } from '../types.js';

export interface UploadFields {
  purpose: 'batch' | 'dataset' | 'model';
  /** Shown with the file; by default a `File`'s own name, or `file`. */
  filename?: string | undefined;
  /** Seconds until the server removes it. */
  expires_in_s?: number | undefined;
}

export interface DownloadOptions extends RequestOptions {
  /** First byte (0). */
  start?: number | undefined;
  /** Byte after the last; by default to the end. */
  end?: number | undefined;
  /** An `etag`: where the bytes are others, all of them come in place of the range. */
  ifRange?: string | undefined;
  /** An `etag`: where the bytes are others, PreconditionFailedError is thrown. */
  ifMatch?: string | undefined;
}

export class Files {
  constructor(private readonly transport: Transport) {}

  /** Uploads a file, which is read while it is sent. What reading it throws is thrown. */
  upload(contents: FileContents, fields: UploadFields, options: CreateOptions = {}): Promise<StoredFile> {
    const { purpose, expires_in_s: expiresInS } = fields;
    const own = (contents as { name?: unknown }).name;
    const filename = fields.filename ?? (typeof own === 'string' ? own : 'file');
    const upload = uploadOf(contents, filename, {
      purpose,
      ...(expiresInS === undefined ? {} : { expires_in_s: String(expiresInS) }),
    });
    return this.transport.json({ method: 'POST', path: '/v1/files', upload, creates: true }, options);
  }

  get(id: string, options: RequestOptions = {}): Promise<StoredFile> {
    return this.transport.json({ method: 'GET', path: pathOf(id) }, options);
  }

  list(filter: FilterOf<'listFiles'> = {}, options: RequestOptions = {}): Pages<StoredFile> {
    return new Pages(this.transport, '/v1/files', filter, options);
  }

  /** The bytes of a file, or of a range of it. A break while they are read is a ConnectionError: ask for the rest. */
  async download(id: string, options: DownloadOptions = {}): Promise<FileContent> {
    const { start = 0, end, ifRange, ifMatch, ...rest } = options;
    const ranged = start > 0 || end !== undefined;
    const headers = {
      ...(ranged ? { range: `bytes=${start}-${end === undefined ? '' : end - 1}` } : {}),
      ...(ifRange === undefined ? {} : { 'if-range': ifRange }),
      ...(ifMatch === undefined ? {} : { 'if-match': ifMatch }),
    };
    const answer = await this.transport.open({ method: 'GET', path: `${pathOf(id)}/content`, headers }, rest);
    return new FileContent(answer, rest.timeoutMs ?? this.transport.timeoutMs);
  }

  delete(id: string, options: RequestOptions = {}): Promise<void> {
    return this.transport.json({ method: 'DELETE', path: pathOf(id) }, options);
  }
}

function pathOf(id: string): string {
  return `/v1/files/${segment(id)}`;
}
