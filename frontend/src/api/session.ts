/** Signing in and out through allauth's browser endpoints. */
import { ApiError, readCookie, request } from './client';
import type { Demo, DemoUser } from './types';

const BASE = '/_allauth/browser/v1/auth';

interface AllauthBody {
  errors?: { message: string; code: string; param?: string }[];
  data?: { flows?: { id: string; is_pending?: boolean }[] };
  meta?: { retry_after?: number };
}

/** Where a person of the organisation signs in instead of here. */
export interface Provider {
  id: string;
  name: string;
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

/** Whether the browser is signed in, has still to give a code, or neither. */
export async function sessionState(): Promise<'in' | 'code' | 'out'> {
  try {
    await request('GET', `${BASE}/session`);
    return 'in';
  } catch (error) {
    return wantsCode(error) ? 'code' : 'out';
  }
}

/** Signs in with a user name, or with an e-mail address when the text holds an @. `code`: the second factor is wanted. */
export async function signIn(name: string, password: string): Promise<'in' | 'code'> {
  await hasSession();
  const who = name.includes('@') ? { email: name } : { username: name };
  try {
    await request('POST', `${BASE}/login`, { body: { ...who, password } });
    return 'in';
  } catch (error) {
    // 409: somebody is signed in already, for example in another tab.
    if (error instanceof ApiError && error.status === 409) return 'in';
    if (wantsCode(error)) return 'code';
    throw withAllauthCode(error);
  }
}

function wantsCode(error: unknown): boolean {
  if (!(error instanceof ApiError) || error.status !== 401) return false;
  return (error.body as AllauthBody | null)?.data?.flows?.some((flow) => flow.id === 'mfa_authenticate' && flow.is_pending) ?? false;
}

/** The second step: six digits of the authenticator app, or a recovery code. */
export async function signInWithCode(code: string): Promise<void> {
  try {
    await request('POST', `${BASE}/2fa/authenticate`, { body: { code } });
  } catch (error) {
    throw withAllauthCode(error);
  }
}

/** How long a refused sign-in has to wait, where the server said so. */
export function secondsToWait(error: unknown): number | null {
  return error instanceof ApiError ? ((error.body as AllauthBody | null)?.meta?.retry_after ?? null) : null;
}

/** The organisation's own sign-in, where the installation has one. */
export async function signInProviders(): Promise<Provider[]> {
  try {
    const answer = await request<{ data: { socialaccount?: { providers: Provider[] } } }>('GET', '/_allauth/browser/v1/config');
    return answer.data.socialaccount?.providers ?? [];
  } catch {
    return [];
  }
}

/** Leaves for the provider by a real form: the answer is a redirect to another site. */
export function leaveFor(provider: Provider, callback: string): void {
  const form = document.createElement('form');
  form.method = 'post';
  form.action = `${BASE}/provider/redirect`;
  const fields = { provider: provider.id, callback_url: callback, process: 'login', csrfmiddlewaretoken: readCookie('csrftoken') };
  for (const [name, value] of Object.entries(fields)) {
    const input = document.createElement('input');
    input.type = 'hidden';
    input.name = name;
    input.value = value;
    form.append(input);
  }
  document.body.append(form);
  form.submit();
}

export function withAllauthCode(error: unknown): unknown {
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
