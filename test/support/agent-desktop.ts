/**
 * agent-desktop: an agent's desktop as the AgentGateway dialect knows it: it signs in, polls, and asks; and what its agent does at the phone.
 */
import type { Test } from 'tap';
import type { ThreePhones } from './three-phones.js';
import { ALICE_HERTZ, BOB_HERTZ, type Phone } from './two-phones.js';

export const AGENTS = `
waitSeconds: 1
agents: [{ agent: '101', password: demo-101, phone: '101' }]
`;
type Reply = Readonly<{
  retcode: string;
  message: string;
  result: unknown;
  event?: { eventType: string; content: unknown } | null;
}>;

/** The desktop of agent 101, who sits at Alice's phone. */
export class Desktop {
  readonly #phones: ThreePhones;
  #guid = '';
  readonly told: string[] = [];
  #ended = false;
  #polling: Promise<void> = Promise.resolve();

  constructor(phones: ThreePhones) {
    this.#phones = phones;
  }

  static async signedIn(t: Test, phones: ThreePhones): Promise<Desktop> {
    const desktop = new Desktop(phones);
    const { headers, body } = await desktop.#ask('PUT', '/onlineagent/101', { password: 'demo-101', phonenum: '101' });
    t.equal(body.retcode, '0', body.message);
    desktop.#guid = (headers.get('set-guid') ?? '').replace('JSESSIONID=', '');
    desktop.#polling = desktop.#poll();
    return desktop;
  }

  async says(method: string, path: string, body?: unknown): Promise<Reply> {
    return (await this.#ask(method, path, body)).body;
  }

  async signOut(): Promise<void> {
    this.#ended = true;
    await this.says('DELETE', '/onlineagent/101/forcelogout');
    await this.#polling;
  }

  async #poll(): Promise<void> {
    while (!this.#ended) {
      const { event } = await this.says('GET', '/agentevent/101');
      if (event !== null && event !== undefined) this.told.push(event.eventType);
    }
  }

  #ask(method: string, path: string, body?: unknown) {
    const headers = { guid: this.#guid };
    return this.#phones.two.holdfast.api<Reply>(method, `/agentgateway/resource${path}`, body, headers);
  }
}

export async function hearing(
  t: Test,
  phones: ThreePhones,
  expected: Readonly<Record<string, readonly number[]>>,
): Promise<void> {
  for (const [number, tones] of Object.entries(expected)) {
    const phone = phones.everybody.find((one) => one.sip.number === number) as Phone;
    await phones.hears(phone); // what was on its way
    t.same(await phones.hears(phone), tones, `${number} hears`);
  }
}

/** The agent calls Bob, and talks to him. @returns the callid. */
export async function callOut(t: Test, phones: ThreePhones, desktop: Desktop): Promise<string> {
  const { alice, bob } = phones.two;
  const placed = await desktop.says('PUT', '/voicecall/101/callout', { called: '102' });
  t.equal(placed.retcode, '0', placed.message);
  await phones.answers(alice);
  await phones.answers(bob);
  await hearing(t, phones, { '101': [BOB_HERTZ], '102': [ALICE_HERTZ] });
  return String(placed.result);
}

/** Both phones of a call take what a request of the agent makes of it, and it succeeds. */
export async function done(t: Test, asked: Promise<Reply>, ...follows: readonly Promise<unknown>[]): Promise<void> {
  const [answer] = await Promise.all([asked, ...follows]);
  t.equal(answer.retcode, '0', answer.message);
}

/** Carol calls the agent, who answers. */
export async function takeCarol(phones: ThreePhones): Promise<void> {
  const leg = await phones.calls(phones.carol, '101');
  await phones.answers(phones.two.alice);
  await phones.isAnswered(phones.carol, leg);
}
