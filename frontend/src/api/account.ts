/** One's own account: password, second factor, tokens. allauth's endpoints answer 401 while a fresh password is wanted. */
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { ApiError, api, request, V1 } from './client';
import { keys } from './keys';
import { withAllauthCode } from './session';
import type { Enrolment, NewToken, TokenInput, TokenList } from './types';

const BASE = '/_allauth/browser/v1';
const TOTP = `${BASE}/account/authenticators/totp`;
const CODES = `${BASE}/account/authenticators/recovery-codes`;

interface CodesAnswer {
  data: { unused_codes?: string[] };
}

interface Authenticator {
  type: string;
  unused_code_count?: number;
}

async function asked<T>(answer: Promise<T>): Promise<T> {
  try {
    return await answer;
  } catch (error) {
    throw withAllauthCode(error);
  }
}

/** True when the server wants the password once more before it goes on. */
export function wantsPassword(error: unknown): boolean {
  const body = error instanceof ApiError && error.status === 401 ? (error.body as { meta?: { is_authenticated?: boolean } } | null) : null;
  return body?.meta?.is_authenticated === true;
}

export const confirmPassword = (password: string) => asked(request('POST', `${BASE}/auth/reauthenticate`, { body: { password } }));

export const changePassword = (current: string, next: string) =>
  asked(request('POST', `${BASE}/account/password/change`, { body: { current_password: current, new_password: next } }));

export const enrol = () => api.post<Enrolment>(`${V1}/me/second-factor`);
export const activate = (code: string) => asked(request('POST', TOTP, { body: { code } }));
export const deactivate = () => asked(request('DELETE', TOTP));

/** Makes ten new codes and forgets the old ones; the only time they are shown. */
export const makeCodes = async () => (await asked(request<CodesAnswer>('POST', CODES))).data.unused_codes ?? [];

/** How many recovery codes are left. */
export function useCodesLeft(enabled: boolean) {
  return useQuery({
    queryKey: keys.recoveryCodes,
    enabled,
    queryFn: async ({ signal }) => {
      const found = await request<{ data: Authenticator[] }>('GET', `${BASE}/account/authenticators`, { signal });
      return found.data.find((one) => one.type === 'recovery_codes')?.unused_code_count ?? 0;
    },
  });
}

export function useTokens() {
  return useQuery({ queryKey: keys.tokens, queryFn: ({ signal }) => api.get<TokenList>(`${V1}/me/tokens`, { signal }) });
}

export function useCreateToken() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (input: TokenInput) => api.post<NewToken>(`${V1}/me/tokens`, input),
    onSuccess: () => client.invalidateQueries({ queryKey: keys.tokens }),
  });
}

export function useRevokeToken() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (id: number) => api.delete(`${V1}/me/tokens/${id}`),
    onSettled: () => client.invalidateQueries({ queryKey: keys.tokens }),
  });
}
