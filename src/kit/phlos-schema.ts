/**
 * phlos-schema: every key of sip-config/phlos.yaml with its default: who may use the Plivo dialect, and which calls its nodes see.
 */
import { Type, type Static } from '@sinclair/typebox';

const strict = { additionalProperties: false } as const;

/** Ids stand in paths; an AUTH_ID also in front of the colon of RFC 7617. */
const ID = '^[0-9A-Za-z][0-9A-Za-z_.-]{0,63}$';
const MUSIC_CLASS = '^[0-9A-Za-z][0-9A-Za-z_-]{0,63}$';
const NUMBER = '^[0-9A-Za-z+*#._-]{1,64}$';
const music = Type.Optional(Type.String({ pattern: MUSIC_CLASS }));
const numbers = Type.Optional(Type.Array(Type.String({ pattern: NUMBER }), { maxItems: 10_000 }));

const Node = Type.Object(
  {
    id: Type.String({ pattern: ID }),
    name: Type.Optional(Type.String({ minLength: 1, maxLength: 100 })), // the successor's name_<name>; absent: the id
    numbers, // calls from or to one of these belong to the node; absent: every call
    agents: numbers, // members of role agent; absent: our own phones, except the caller of one of them
    agentHoldMusic: music, // the class agents hear when they are held; absent: what is due anyway
    customerHoldMusic: music, // the class customers hear
    voicemail: Type.Optional(Type.String({ minLength: 1, maxLength: 64 })), // the prompt of voicemail_drop
  },
  strict,
);

const Phlo = Type.Object(
  {
    id: Type.String({ pattern: ID }),
    name: Type.Optional(Type.String({ minLength: 1, maxLength: 100 })), // absent: the id
    createdOn: Type.String({
      pattern: '^\\d{4}-\\d\\d-\\d\\d \\d\\d:\\d\\d:\\d\\d\\.\\d{6}\\+00:00$',
      default: '2026-01-01 00:00:00.000000+00:00',
    }),
    nodes: Type.Array(Node, { default: [], maxItems: 1000 }),
  },
  strict,
);

/** sip-config/phlos.yaml */
export const PhlosFile = Type.Object(
  {
    enabled: Type.Boolean({ default: true }), // false: nothing answers at /v1
    // The vendor's text can be read both ways: who is named in the URL holds the others, or is held by them.
    holdSense: Type.Union([Type.Literal('holder'), Type.Literal('held')], { default: 'holder' }),
    accounts: Type.Array(
      Type.Object({ authId: Type.String({ pattern: ID }), authToken: Type.String({ minLength: 1, maxLength: 256 }) }, strict),
      { default: [], maxItems: 1000 },
    ),
    phlos: Type.Array(Phlo, { default: [], maxItems: 1000 }),
  },
  strict,
);

export type NodeConfig = Readonly<Static<typeof Node>>;
export type PhlosConfig = Readonly<Static<typeof PhlosFile>>;
