/**
 * query-names: lets a route say "only when the query has this name", so that / is a page for people and a door for a dialect.
 */
import type { Server } from 'node:http';
import type { FastifyServerOptions } from 'fastify';

type RouterOptions = NonNullable<FastifyServerOptions<Server>['routerOptions']>;
type Strategy = NonNullable<RouterOptions['constraints']>[string];
type Handler = Parameters<ReturnType<Strategy['storage']>['set']>[1];

/** Names that routes ask for; compared without case. */
const WATCHED: readonly string[] = ['command'];

export const queryNames: Strategy = {
  name: 'queryHas',
  // A route that asks for nothing stays the answer when no route asks for what the query has.
  mustMatchWhenDerived: false,
  storage() {
    const handlers = new Map<unknown, Handler>();
    return { get: (name) => handlers.get(name) ?? null, set: (name, handler) => void handlers.set(name, handler) };
  },
  deriveConstraint({ url = '' }) {
    const query = url.indexOf('?');
    if (query < 0) return '';
    const names = [...new URLSearchParams(url.slice(query)).keys()].map((name) => name.toLowerCase());
    return WATCHED.find((watched) => names.includes(watched)) ?? '';
  },
};
