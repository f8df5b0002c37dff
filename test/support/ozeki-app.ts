/**
 * ozeki-app: an application as Ozeki's customers write them: a real HTTP server on a free port that notes what it is told (forms), and
 * answers each notification as the test says; what it was not told to answer gets an empty page.
 */
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Test } from 'tap';
import { until } from './until.js';

export type Told = Readonly<{ path: string; method: string; fields: Readonly<Record<string, string>> }>;
type Reply = string | ((told: Told, response: ServerResponse) => void);

export class OzekiApp {
  readonly told: Told[] = [];
  /** By NotificationName, or by path. */
  readonly replies = new Map<string, Reply>();
  /** Answers that are held back until the test lets them go. */
  readonly held: ServerResponse[] = [];
  readonly #server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk: Buffer) => (body += chunk.toString()));
    request.on('end', () => {
      const path = request.url ?? '';
      const told = { path, method: request.method ?? '', fields: Object.fromEntries(new URLSearchParams(body)) };
      this.told.push(told);
      const reply = this.replies.get(told.fields['NotificationName'] ?? '') ?? this.replies.get(path) ?? '';
      if (typeof reply === 'function') reply(told, response);
      else response.writeHead(200, { 'Content-Type': 'text/xml' }).end(reply);
    });
  });

  static async open(t: Test): Promise<OzekiApp> {
    const app = new OzekiApp();
    await new Promise<void>((resolve) => app.#server.listen(0, '127.0.0.1', resolve));
    t.teardown(() => app.close());
    return app;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** What this notification was answered with, from now on. */
  answers(name: string, reply: Reply): void {
    this.replies.set(name, reply);
  }

  readonly holdBack = (_told: Told, response: ServerResponse): void => void this.held.push(response);

  of(name: string): readonly Told[] {
    return this.told.filter(({ fields }) => fields['NotificationName'] === name);
  }

  /** The fields of so many notifications of this name, once they have come. */
  async hears(name: string, count = 1): Promise<readonly Told['fields'][]> {
    await until(`${count} ${name} at the application`, () => this.of(name).length >= count);
    return this.of(name).map(({ fields }) => fields);
  }

  close(): Promise<void> {
    return new Promise((resolve) => {
      this.#server.close(() => resolve());
      this.#server.closeAllConnections();
    });
  }
}
