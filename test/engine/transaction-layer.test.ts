/**
 * Goal: who asks the door and who asks admission: only what would be begun is measured against what there is to do.
 */
import t from 'tap';
import { createLogger } from '#kit/log.js';
import { TimerWheel } from '#engine/timer-wheel.js';
import { TransactionLayer, type RequestUser } from '#engine/transaction/transaction-layer.js';
import type { Flow } from '#engine/transport/flow.js';
import { FakeClock } from '../support/fake-clock.js';

const FLOW: Flow = {
  protocol: 'udp',
  local: { address: '192.0.2.1', port: 5060 },
  remote: { address: '192.0.2.7', port: 5060 },
  isOpen: () => true,
  beside: () => FLOW,
  send: () => undefined,
};

function layerFor(verdicts: Partial<RequestUser> = {}, serverTransactions = 10) {
  const said: string[] = [];
  const user: RequestUser = {
    keptOut: ({ request }) => void said.push(`door ${request.method}`),
    overloaded: ({ request }) => void said.push(`admission ${request.method}`),
    request: ({ request }) => void said.push(`request ${request.method}`),
    cancel: () => void said.push('cancel'),
    ack: () => void said.push('ack'),
    refuse: (_arrived, status) => void said.push(`refuse ${status}`),
    strayResponse: () => undefined,
    ...verdicts,
  };
  let ids = 0;
  const wheel = new TimerWheel(new FakeClock());
  const limits = { serverTransactions, messageBytes: 65_536 };
  const layer = new TransactionLayer(wheel, createLogger('silent'), limits, () => `id ${ids++}`, user);
  const hears = (method: string, branch: string, more: readonly string[] = []): string[] => {
    said.length = 0;
    layer.message(
      [
        `${method} sip:x@192.0.2.1 SIP/2.0`,
        `Via: SIP/2.0/UDP 192.0.2.7:5060;branch=z9hG4bK${branch}`,
        'Max-Forwards: 70',
        'From: <sip:a@192.0.2.7>;tag=1',
        'To: <sip:x@192.0.2.1>',
        `Call-ID: ${branch}`,
        `CSeq: 1 ${method}`,
        'Contact: <sip:a@192.0.2.7>',
        ...more,
        'Content-Length: 0',
        '',
        '',
      ].join('\r\n'),
      FLOW,
    );
    return [...said];
  };
  return { layer, hears };
}

t.test('a request is asked about at the door first, and then how much there is to do', async (t) => {
  const { hears } = layerFor();
  t.same(hears('INVITE', 'a'), ['door INVITE', 'admission INVITE', 'request INVITE']);
  t.same(layerFor({ keptOut: () => 'drop' }).hears('INVITE', 'a'), []);
  t.same(layerFor({ keptOut: () => 5 }).hears('INVITE', 'a'), ['refuse 503']);
  t.same(layerFor({ overloaded: () => 5 }).hears('INVITE', 'a'), ['door INVITE', 'refuse 503']);
});

t.test('nonsense uses up none of the calls that are let in, and a door that is shut stays silent', async (t) => {
  const nonsense = ['Max-Forwards: many'];
  t.same(layerFor().hears('INVITE', 'a', nonsense), ['door INVITE', 'refuse 400']);
  t.same(layerFor().hears('INVITE', 'a', ['CSeq: nonsense']), ['door INVITE', 'refuse 400']);
  t.same(layerFor({ keptOut: () => 'drop' }).hears('INVITE', 'a', nonsense), []);
});

t.test('a CANCEL begins nothing: it is never too much, and of a call that is there not even the door is asked', async (t) => {
  const { layer, hears } = layerFor();
  t.same(hears('CANCEL', 'a'), ['door CANCEL', 'cancel']);
  hears('INVITE', 'b');
  t.same(hears('CANCEL', 'b'), ['cancel']);
  t.equal(layer.size, 3);
});

t.test('where there is no room, a CANCEL of nothing is answered and not kept', async (t) => {
  const { layer, hears } = layerFor({}, 1);
  hears('INVITE', 'a');
  t.same(hears('CANCEL', 'b'), ['door CANCEL', 'refuse 481']);
  t.equal(layer.size, 1);
  t.same(hears('CANCEL', 'a'), ['cancel'], 'what ends something is let in all the same');
});
