// @vitest-environment jsdom
import { afterEach, describe, expect, it, vi } from 'vitest';
import { api, ApiError, query, readCookie } from './client';

function answer(status: number, body: string): Response {
  return new Response(body || null, { status });
}

function stubFetch(respond: () => Promise<Response>) {
  const spy = vi.fn<(path: string, init: RequestInit) => Promise<Response>>(respond);
  vi.stubGlobal('fetch', spy);
  return spy;
}

afterEach(() => {
  vi.unstubAllGlobals();
  document.cookie = 'csrftoken=; expires=Thu, 01 Jan 1970 00:00:00 GMT';
});

describe('errors', () => {
  it('carries status, code, message, fields and the whole body', async () => {
    const body = { error: { code: 'stale', message: 'The journal moved on.', fields: { op: 1 }, retryable: false }, seq: 9 };
    stubFetch(async () => answer(412, JSON.stringify(body)));
    const error = await api.post('/x').catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(ApiError);
    expect(error).toMatchObject({ status: 412, code: 'stale', message: 'The journal moved on.', fields: { op: 1 }, retryable: false });
    expect((error as ApiError).body).toMatchObject({ seq: 9 });
  });

  it('calls a dead connection a retryable network error', async () => {
    stubFetch(() => Promise.reject(new TypeError('Failed to fetch')));
    await expect(api.get('/x')).rejects.toMatchObject({ status: 0, code: 'network', retryable: true, isNetwork: true });
  });

  it('does not show a proxy page to the reader, but may be tried again', async () => {
    stubFetch(async () => answer(502, '<html>Bad gateway</html>'));
    await expect(api.get('/x')).rejects.toMatchObject({ status: 502, code: 'http_502', message: '', retryable: true });
  });

  it('passes an abort on unchanged', async () => {
    stubFetch(() => Promise.reject(new DOMException('stop', 'AbortError')));
    await expect(api.get('/x')).rejects.toMatchObject({ name: 'AbortError' });
  });
});

describe('requests', () => {
  it('sends the CSRF cookie as a header, on writes only', async () => {
    document.cookie = 'csrftoken=abc';
    const fetched = stubFetch(async () => answer(200, '{}'));
    await api.get('/x');
    await api.post('/x', { a: 1 });
    const [read, write] = fetched.mock.calls.map(([, init]) => init.headers as Record<string, string>);
    expect(read).not.toHaveProperty('X-CSRFToken');
    expect(write).toMatchObject({ 'X-CSRFToken': 'abc', 'Content-Type': 'application/json' });
  });

  it('quotes the journal sequence in If-Match, zero included', async () => {
    const fetched = stubFetch(async () => answer(200, '{}'));
    await api.post('/x', {}, { ifMatch: 0 });
    expect((fetched.mock.calls[0]?.[1].headers as Record<string, string>)['If-Match']).toBe('"0"');
  });

  it('reads an empty answer as null', async () => {
    stubFetch(async () => new Response(null, { status: 204 }));
    await expect(api.delete('/x')).resolves.toBeNull();
  });
});

it('finds a cookie among others and not by a part of its name', () => {
  expect(readCookie('csrftoken', 'a=1; xcsrftoken=no; csrftoken=y%20s')).toBe('y s');
  expect(readCookie('csrf', 'csrftoken=y')).toBe('');
});

it('leaves empty values out of a query', () => {
  expect(query({ q: '', side: null, cursor: 'a b', page: 0 })).toBe('?cursor=a+b&page=0');
  expect(query({ q: undefined })).toBe('');
});
