/**
 * The one door to the server: fetch with the session cookie, the CSRF header and one error type.
 * Does not know react; the hooks in hooks.ts and the features build on it.
 */

import { CLIENT_HEADER, noteServed } from './upgrade';

export interface ErrorBody {
  error?: {
    code?: string;
    message?: string;
    fields?: Record<string, unknown>;
    retryable?: boolean;
  };
  [extra: string]: unknown;
}

/** Any refused or failed request. `status` 0 means that no answer came (offline, server down, aborted connection). */
export class ApiError extends Error {
  override readonly name = 'ApiError';

  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
    readonly fields: Record<string, unknown> = {},
    readonly retryable: boolean = status === 0 || status >= 502,
    /** The whole answer: 412 carries `seq` and `operations`, 422 of a submit `error.missing`. */
    readonly body: unknown = null,
  ) {
    super(message);
  }

  get isNetwork(): boolean {
    return this.status === 0;
  }
}

export type Method = 'GET' | 'POST' | 'PATCH' | 'PUT' | 'DELETE';

export interface RequestOptions {
  /** Sent as JSON. */
  body?: unknown;
  /** Sent as multipart; wins over `body`. */
  form?: FormData;
  headers?: Record<string, string>;
  signal?: AbortSignal | undefined;
  /** The journal sequence the client built on; sent as If-Match. */
  ifMatch?: number;
  keepalive?: boolean;
}

export function readCookie(name: string, cookies: string = document.cookie): string {
  const prefix = `${name}=`;
  const found = cookies.split('; ').find((part) => part.startsWith(prefix));
  return found ? decodeURIComponent(found.slice(prefix.length)) : '';
}

function headersFor(method: Method, options: RequestOptions): Record<string, string> {
  const headers: Record<string, string> = { Accept: 'application/json', ...options.headers };
  if (method !== 'GET') headers['X-CSRFToken'] = readCookie('csrftoken');
  if (!options.form && options.body !== undefined) headers['Content-Type'] = 'application/json';
  if (options.ifMatch !== undefined) headers['If-Match'] = `"${options.ifMatch}"`;
  return headers;
}

async function parseBody(response: Response): Promise<unknown> {
  const text = await response.text();
  if (!text) return null;
  try {
    return JSON.parse(text) as unknown;
  } catch {
    // A proxy's HTML page, for example: the status says enough, and HTML is nothing to show a reader.
    return null;
  }
}

export function errorFrom(status: number, body: unknown): ApiError {
  const error = (body as ErrorBody | null)?.error;
  const retryable = error?.retryable ?? status >= 502;
  return new ApiError(status, error?.code ?? `http_${status}`, error?.message ?? '', error?.fields ?? {}, retryable, body);
}

export async function request<T>(method: Method, path: string, options: RequestOptions = {}): Promise<T> {
  const init: RequestInit = { method, credentials: 'same-origin', headers: headersFor(method, options) };
  if (options.signal) init.signal = options.signal;
  if (options.keepalive) init.keepalive = true;
  if (options.form) init.body = options.form;
  else if (options.body !== undefined) init.body = JSON.stringify(options.body);

  let response: Response;
  try {
    response = await fetch(path, init);
  } catch (cause) {
    if (cause instanceof DOMException && cause.name === 'AbortError') throw cause;
    throw new ApiError(0, 'network', '', {}, true);
  }
  noteServed(response.headers.get(CLIENT_HEADER));
  const body = await parseBody(response);
  if (!response.ok) throw errorFrom(response.status, body);
  return body as T;
}

export const api = {
  get: <T>(path: string, options?: RequestOptions) => request<T>('GET', path, options),
  post: <T>(path: string, body: unknown = {}, options?: RequestOptions) => request<T>('POST', path, { body, ...options }),
  patch: <T>(path: string, body: unknown, options?: RequestOptions) => request<T>('PATCH', path, { body, ...options }),
  delete: <T>(path: string, options?: RequestOptions) => request<T>('DELETE', path, options),
};

export const V1 = '/api/v1';

/** Builds `?a=1&b=2` and leaves out empty values. */
export function query(values: Record<string, string | number | boolean | null | undefined>): string {
  const search = new URLSearchParams();
  for (const [key, value] of Object.entries(values)) {
    if (value !== null && value !== undefined && value !== '') search.set(key, String(value));
  }
  const text = search.toString();
  return text ? `?${text}` : '';
}
