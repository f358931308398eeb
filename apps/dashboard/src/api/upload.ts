import { ConnectionError, type StoredFile } from '@heddle/client';
import { csrfHeaders, refusal } from './http.js';

/**
 * Uploads a file and tells how much of it is sent, 0 … 1, which `fetch` does not. Throws ApiError, ConnectionError, or the
 * reason of the signal.
 */
export function uploadFile(
  file: File,
  purpose: 'batch' | 'dataset' | 'model',
  { onProgress, signal }: { onProgress?: (share: number) => void; signal?: AbortSignal } = {},
): Promise<StoredFile> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason);
    const sending = new XMLHttpRequest();
    sending.open('POST', '/v1/files');
    for (const [name, value] of Object.entries(csrfHeaders('POST'))) sending.setRequestHeader(name, value);
    sending.upload.onprogress = ({ loaded, total }) => onProgress?.(total > 0 ? loaded / total : 0);
    sending.onload = () => {
      if (sending.status < 300) return resolve(JSON.parse(sending.responseText) as StoredFile);
      const headers = new Headers();
      for (const name of ['x-request-id', 'retry-after']) {
        const value = sending.getResponseHeader(name);
        if (value !== null) headers.set(name, value);
      }
      reject(refusal(sending.status, sending.responseText, headers));
    };
    sending.onerror = () => reject(new ConnectionError('the upload broke off'));
    sending.onabort = () => reject(signal?.reason);
    signal?.addEventListener('abort', () => sending.abort(), { once: true });
    const form = new FormData();
    // Fields stand before the file: the server reads them first.
    form.append('purpose', purpose);
    form.append('file', file);
    sending.send(form);
  });
}
