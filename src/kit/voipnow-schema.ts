/**
 * voipnow-schema: every key of `voipnow` in accounts.yaml with its default: who may use the VoipNow dialect, and what it shows.
 */
import { Type } from '@sinclair/typebox';

const strict = { additionalProperties: false } as const;
const seconds = (value: number, minimum = 1) => Type.Integer({ minimum, maximum: 31_536_000, default: value });
const Number_ = Type.String({ pattern: '^[0-9A-Za-z+*#._-]{1,64}$' });
const Secret = Type.String({ minLength: 1, maxLength: 256 });

export const VoipnowKeys = Type.Object(
  {
    enabled: Type.Boolean({ default: true }),
    organization: Type.String({ pattern: '^[0-9]{0,8}$', default: '0001' }), // extensions are shown as 0001*101; empty: as they are
    owner: Type.String({ pattern: '^[0-9]{1,9}$', default: '1' }), // ownerId
    ownerName: Type.String({ maxLength: 128, default: 'Default Organization' }),
    publicUrl: Type.String({ pattern: '^(https?://[^\\s/]+)?$', default: '' }), // in links; empty: as the asker wrote it in Host
    actionStatus: Type.Union([Type.Literal(200), Type.Literal(202)], { default: 202 }), // of PUT; some clients want 200
    tokenSeconds: seconds(7200, 60), // how long a token of /oauth/token.php is good
    clients: Type.Array(
      Type.Object(
        {
          client: Type.String({ pattern: '^[0-9A-Za-z._-]{1,64}$' }),
          secret: Secret,
          user: Type.String({ pattern: '^[0-9]{1,9}$' }), // the number in /uapi/phoneCalls/<user>/
          extensions: Type.Optional(Type.Array(Number_)), // absent: every phone above
        },
        strict,
      ),
      { default: [] },
    ),
  },
  { ...strict, default: {} },
);
