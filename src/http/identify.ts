/**
 * identify: who asks, by the Authorization header, as a hook of our own routes; dialects have credentials where they have them (mount.ts).
 */
import type { FastifyRequest } from 'fastify';
import { headerCredentials, type ApiAccounts } from './api-accounts.js';
import type { LoginGuard } from './login-guard.js';

/** Rejects with CredentialsMissing, CredentialsWrong or TooManyAttempts. */
export type Identify = (request: FastifyRequest) => Promise<void>;

export const identifyBy =
  (accounts: Pick<ApiAccounts, 'identify'>, guard: LoginGuard): Identify =>
  async (request) => {
    const offered = headerCredentials(request.headers.authorization);
    request.identity = await guard.admit(request.ip, offered, (one) => accounts.identify(one));
  };

/** Whether who was let in with this request would be let in again, whenever that is asked. */
export const mayStayBy =
  (accounts: Pick<ApiAccounts, 'knows'>) =>
  (request: FastifyRequest): (() => boolean) => {
    const offered = headerCredentials(request.headers.authorization);
    return () => accounts.knows(offered);
  };
