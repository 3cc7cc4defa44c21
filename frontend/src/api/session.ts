/** Signing in and out through allauth's browser endpoints. */
import { ApiError, request } from './client';
import type { Demo, DemoUser } from './types';

const BASE = '/_allauth/browser/v1/auth';

interface AllauthBody {
  errors?: { message: string; code: string; param?: string }[];
}

/** True when the browser holds a signed-in session. Also lets the server set the CSRF cookie. */
export async function hasSession(): Promise<boolean> {
  try {
    await request('GET', `${BASE}/session`);
    return true;
  } catch (error) {
    if (error instanceof ApiError && (error.status === 401 || error.status === 410)) return false;
    throw error;
  }
}

/** Signs in with a user name, or with an e-mail address when the text holds an @. */
export async function signIn(name: string, password: string): Promise<void> {
  await hasSession();
  const who = name.includes('@') ? { email: name } : { username: name };
  try {
    await request('POST', `${BASE}/login`, { body: { ...who, password } });
  } catch (error) {
    // 409: somebody is signed in already, for example in another tab.
    if (error instanceof ApiError && error.status === 409) return;
    throw withAllauthCode(error);
  }
}

function withAllauthCode(error: unknown): unknown {
  if (!(error instanceof ApiError)) return error;
  const first = (error.body as AllauthBody | null)?.errors?.[0];
  if (!first) return error;
  return new ApiError(error.status, first.code, first.message, {}, false, error.body);
}

/** Ends the session. allauth answers 401 when it worked: the browser is anonymous again. */
export async function signOut(): Promise<void> {
  try {
    await request('DELETE', `${BASE}/session`);
  } catch (error) {
    if (error instanceof ApiError && error.status === 401) return;
    throw error;
  }
}

/** The people of a demo installation; none elsewhere. */
export async function demoUsers(): Promise<DemoUser[]> {
  try {
    return (await request<Demo>('GET', '/api/v1/demo')).users;
  } catch {
    return [];
  }
}
