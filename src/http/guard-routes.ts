/**
 * guard-routes: who is kept out for wrong passwords, and letting somebody in again; and the figures of the guards. What bans whom is
 * guard/'s business.
 */
import { Type } from '@sinclair/typebox';
import type { FastifyInstance } from 'fastify';
import type { Identify } from './identify.js';
import { readsJson } from './json-bodies.js';
import { Gauge, type Metric } from './metrics.js';
import type { DocumentedRoute } from './openapi.js';
import { HttpRefusal } from './refusals.js';
import { NoBody, NoQuery } from './schemas.js';

export type BanView = Readonly<{ who: string; secondsLeft: number; times: number }>;

/** What the guards of the house tell HTTP. */
export type GuardBook = Readonly<{
  bans: () => readonly BanView[];
  /** @returns false: it was not kept out. */
  lift: (source: string) => boolean;
  /** Bans since the start, by the reason. */
  banned: () => ReadonlyMap<string, number>;
  /** SIP requests refused or not answered since the start, by the reason. */
  turnedAway: () => readonly (readonly [why: string, count: number])[];
}>;

export function mountGuardRoutes(app: FastifyInstance, identify: Identify, guards: GuardBook): void {
  void app.register((scope, _options, done) => {
    readsJson(scope);
    scope.addHook('onRequest', identify);
    scope.get('/bans', { schema: { querystring: NoQuery }, exposeHeadRoute: true }, (_request, reply) =>
      reply.send({
        bans: guards.bans().map(({ who, secondsLeft, times }) => ({ source: who, secondsLeft, times })),
      }),
    );
    scope.delete('/bans/:source', { schema: { querystring: NoQuery, body: NoBody } }, (request, reply) => {
      const { source } = request.params as { source: string };
      if (!guards.lift(source)) throw new HttpRefusal('ban_not_found', `${source.slice(0, 80)} is not kept out`);
      return reply.code(204).send();
    });
    done();
  });
}

export function guardMetrics(guards: GuardBook | undefined): readonly Metric[] {
  if (guards === undefined) return [];
  return [
    new Gauge(
      'holdfast_guard_bans_total',
      'Addresses that were banned, by the reason.',
      () => [...guards.banned()].map(([why, count]) => [`why="${why}"`, count] as const),
      'counter',
    ),
    new Gauge('holdfast_guard_banned', 'Addresses that are kept out now.', () => guards.bans().length),
    new Gauge(
      'holdfast_guard_turned_away_total',
      'SIP requests that were refused or not answered at the door, by the reason.',
      () => guards.turnedAway().map(([why, count]) => [`why="${why}"`, count] as const),
      'counter',
    ),
  ];
}

const BanList = Type.Object({
  bans: Type.Array(
    Type.Object({
      source: Type.String({ description: 'an address; of IPv6 its network: 2001:db8:0:1::/64' }),
      secondsLeft: Type.Integer(),
      times: Type.Integer({ description: 'how often it was banned lately; each ban is twice as long' }),
    }),
  ),
});

export const GUARD_DOCS: readonly DocumentedRoute[] = [
  {
    method: 'GET',
    path: '/bans',
    doc: {
      summary: 'Who is kept out',
      description: 'Addresses with too many wrong SIP passwords (guards.yaml `bans`). Nothing they send is answered.',
      safe: true,
      answers: { 200: { description: 'every address', schema: BanList } },
    },
  },
  {
    method: 'DELETE',
    path: '/bans/:source',
    schema: { querystring: NoQuery, body: NoBody },
    doc: {
      summary: 'Let an address in again',
      description:
        'An address, or `source` as `GET /bans` writes it (percent-encoded). What it fails from now on is counted anew.',
      answers: { 204: { description: 'it is heard again' } },
      errors: ['bad_request', 'ban_not_found'],
    },
  },
];
