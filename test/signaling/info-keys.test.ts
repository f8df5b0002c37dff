/** info-keys: what phones write into an INFO when a key is pressed. */
import t from 'tap';
import { keyInInfo } from '#signaling/info-keys.js';

t.test('keys are read as phones write them', async (t) => {
  const relay = (body: string) => keyInInfo('application/dtmf-relay', body);
  t.same(relay('Signal=5\r\nDuration=160\r\n'), { key: '5', ms: 160 });
  t.same(relay('signal = *\nduration = 80\n'), { key: '*', ms: 80 });
  t.same(relay('Signal=11\r\n'), { key: '#', ms: 100 }, 'numbered as RFC 4733 does');
  t.same(relay('\r\n Signal=5\r\n\tDuration=160\r\n'), { key: '5', ms: 160 });
  t.same(relay('Signal=d'), { key: 'D', ms: 100 });
  t.same(keyInInfo('Application/DTMF; charset=utf-8', '7\r\n'), { key: '7', ms: 100 });
  t.same(keyInInfo('application/dtmf', 'Signal=3\r\nDuration=90'), { key: '3', ms: 90 });
});

t.test('what is no key is none', async (t) => {
  for (const [type, body] of [
    ['application/dtmf-relay', 'Signal=hf\r\n'],
    ['application/dtmf-relay', 'Signal=16\r\n'],
    ['application/dtmf-relay', '5'],
    ['application/dtmf', ''],
    ['application/dtmf', '123'],
    ['application/media_control+xml', 'Signal=5'],
    [undefined, '5'],
    ['application/dtmf', undefined],
    ['application/dtmf-relay', `${'\n'.repeat(2000)}Signal=5`],
  ] as const)
    t.equal(keyInInfo(type, body), undefined, `${type} ${body}`);
});
