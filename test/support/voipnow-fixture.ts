/**
 * voipnow-fixture: the app with a client of VoipNow signed in, over calls that can also be recorded and joined by more.
 */
import type { InjectOptions } from 'fastify';
import type { Test } from 'tap';
import type { CallView, Command, Outcome } from '#calls/commands.js';
import type { CallId } from '#core/leg.js';
import { CallNotFound } from '#kit/errors.js';
import { callView, FakeCalls } from './fake-calls.js';
import { appFixture } from './http-fixture.js';

export type Asked = Readonly<{ method: 'GET' | 'PUT' | 'POST' | 'DELETE'; url: string; body?: object }>;

export async function signedIn(t: Test, calls: FakeCalls, client = 'demo', secret = 'demo') {
  const fixture = await appFixture(t, calls);
  const answer = await fixture.app.inject(tokenRequest(client, secret));
  const headers = { authorization: `Bearer ${answer.json<{ access_token: string }>().access_token}` };
  const ask = async (method: Asked['method'], url: string, body?: object) =>
    fixture.app.inject({ method, url: `/uapi/phoneCalls${url}`, headers, ...(body === undefined ? {} : { payload: body }) });
  return { ...fixture, headers, ask };
}

export function tokenRequest(client: string, secret: string, grant = 'client_credentials'): InjectOptions {
  const fields = { client_id: client, client_secret: secret, grant_type: grant, type: 'unifiedapi', redirect_uri: 'http://x' };
  return {
    method: 'POST',
    url: '/oauth/token.php',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    payload: new URLSearchParams(fields).toString(),
  };
}

/** One conference, `conf1`, in which 210 is; whoever is brought in has the call `guest`. */
export class JoinableCalls extends FakeCalls {
  readonly #members = ['210'];

  constructor(...calls: readonly CallView[]) {
    super(...calls);
  }

  override execute(command: Command): Promise<Outcome> {
    const outcome = this.#more(command);
    if (outcome === undefined) return super.execute(command);
    this.asked.push(command);
    if ('callId' in command && command.callId !== undefined && !this.calls.has(command.callId))
      return Promise.reject(new CallNotFound(command.callId));
    return Promise.resolve(outcome);
  }

  #more(command: Command): Outcome | undefined {
    switch (command.kind) {
      case 'record.start':
        return { kind: 'record.started', callId: command.callId, recordingId: 'r1' };
      case 'record.stop':
        return { kind: 'call.done', callId: command.callId };
      case 'conference.list':
        return { kind: 'conference.listed', conferences: [this.#conference()] };
      case 'call.join':
        return this.#brings(command.to.number);
      case 'conference.add':
        return this.#brings('number' in command.member ? command.member.number : 'nobody');
      default:
        return undefined;
    }
  }

  #brings(number: string): Outcome {
    this.#members.push(number);
    const guest = callView({
      id: 'guest' as CallId,
      origin: 'conference',
      state: 'trying',
      parties: { caller: 'conf1', callee: number },
    });
    this.calls.set(guest.id, guest);
    return { kind: 'conference.found', conference: this.#conference() };
  }

  #conference() {
    const members = this.#members.map((number, index) => ({
      number,
      callId: (index === 0 ? 'member' : 'guest') as CallId,
      state: 'in' as const,
      as: 'member' as const,
      muted: false,
    }));
    return { id: 'conf1', createdAt: '2026-11-21T10:00:00.000Z', othersHear: 'conference' as const, members };
  }
}
