/** Multipart upload with progress. XMLHttpRequest, because fetch does not report what it has sent. */
import { ApiError, errorFrom, readCookie, V1 } from './client';
import type { UploadReceipt } from './types';

export interface UploadPart {
  file: File;
  /** Path inside the dropped folder, with forward slashes. */
  path: string;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return null;
  }
}

/** Sends one batch. Resolves with the receipt; rejects with ApiError, or AbortError when stopped. */
export function sendFiles(importId: number, parts: readonly UploadPart[], onBytes: (sent: number) => void, signal: AbortSignal): Promise<UploadReceipt> {
  const form = new FormData();
  for (const part of parts) {
    form.append('file', part.file, part.file.name);
    form.append('path', part.path);
  }
  return new Promise((resolve, reject) => {
    const xhr = new XMLHttpRequest();
    const stop = () => xhr.abort();
    xhr.open('POST', `${V1}/imports/${importId}/files`);
    xhr.setRequestHeader('X-CSRFToken', readCookie('csrftoken'));
    xhr.setRequestHeader('Accept', 'application/json');
    xhr.upload.onprogress = (event) => onBytes(event.loaded);
    xhr.onload = () => {
      const body = parse(xhr.responseText);
      if (xhr.status >= 200 && xhr.status < 300) resolve(body as UploadReceipt);
      else reject(errorFrom(xhr.status, body));
    };
    xhr.onerror = () => reject(new ApiError(0, 'network', '', {}, true));
    xhr.onabort = () => reject(new DOMException('stopped', 'AbortError'));
    xhr.onloadend = () => signal.removeEventListener('abort', stop);
    signal.addEventListener('abort', stop);
    if (signal.aborted) xhr.abort();
    else xhr.send(form);
  });
}
