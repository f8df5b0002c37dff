import t from 'tap';
import { isOutOfOrder, refreshTarget, routing, uacFacts, uasFacts, type DialogFacts } from '#engine/dialog/dialog.js';
import { DialogTable } from '#engine/dialog/dialog-table.js';
import { LiveDialog } from '#engine/dialog/live-dialog.js';
import { requestEssentials, responseEssentials } from '#engine/transaction/essentials.js';
import type { Flow } from '#engine/transport/flow.js';
import type { SipRequest, SipResponse } from '#sip/message.js';

const FLOW: Flow = {
  protocol: 'udp',
  local: { address: '192.0.2.1', port: 5060 },
  remote: { address: '192.0.2.2', port: 5060 },
  isOpen: () => true,
  send: () => undefined,
  beside: () => FLOW,
};

const fields = (all: Record<string, string>): { name: string; value: string }[] =>
  Object.entries(all).map(([name, value]) => ({ name, value }));

const COMMON = {
  Via: 'SIP/2.0/UDP 192.0.2.2:5060;branch=z9hG4bKabc',
  From: '"A; tag=no" <sip:a@x;tag=neither>;tag=from-tag',
  To: '<sip:b@x>;tag=to-tag',
  'Call-ID': 'a-call-id-of-some-length',
  CSeq: '7 INVITE',
};

const invite = (more: Record<string, string> = {}): SipRequest => ({
  kind: 'request',
  method: 'INVITE',
  uri: 'sip:b@x',
  headers: fields({ ...COMMON, To: '<sip:b@x>', Contact: '<sip:a@192.0.2.2>', ...more }),
  body: '',
});

const ok = (more: Record<string, string> = {}): SipResponse => ({
  kind: 'response',
  status: 200,
  reason: 'OK',
  headers: fields({ ...COMMON, Contact: '<sip:b@192.0.2.3>', ...more }),
  body: '',
});

function uas(more: Record<string, string> = {}): DialogFacts {
  const request = invite(more);
  const facts = requestEssentials(request);
  if (facts === undefined) throw new Error('the request of the test is wrong');
  return uasFacts(request, facts, '<sip:b@x>;tag=ours', 'ours', FLOW);
}

function uac(more: Record<string, string> = {}): DialogFacts {
  const facts = responseEssentials(ok(more));
  if (facts === undefined) throw new Error('the response of the test is wrong');
  const sent = {
    method: 'INVITE',
    uri: 'sip:b@x',
    callId: 'c',
    from: '<sip:a@x>;tag=f',
    fromTag: 'f',
    cseq: 7,
    contact: undefined,
  };
  return uacFacts(sent, ok(more), facts, FLOW);
}

t.test('the essentials of a message are read as the grammar has them', (t) => {
  t.match(responseEssentials(ok()), {
    branch: 'z9hG4bKabc',
    callId: 'a-call-id-of-some-length',
    fromTag: 'from-tag',
    toTag: 'to-tag',
    cseq: 7,
    cseqMethod: 'INVITE',
  });
  const tags = (From: string): string | undefined => responseEssentials(ok({ From }))?.fromTag;
  t.equal(tags('sip:a@x;tag=bare'), 'bare');
  t.equal(tags('<sip:a@x>;x=1;tag=last ; y'), 'last');
  t.equal(tags('<sip:a@x> ; tag=spaced'), 'spaced');
  t.equal(tags('<sip:a@x>;TAG=Upper'), 'Upper');
  t.equal(tags('<sip:a@x>;x="<;tag=no>";tag=yes'), 'yes');
  t.equal(tags('<sip:a@x>'), '', 'none');
  t.end();
});

t.test('a UAS keeps the route set in its order, a UAC reverses it (RFC 3261 §12.1)', (t) => {
  const routes = { 'Record-Route': '<sip:p1;lr>, <sip:p2;lr>' };
  t.same(uas(routes).routeSet, ['<sip:p1;lr>', '<sip:p2;lr>']);
  t.same(uac(routes).routeSet, ['<sip:p2;lr>', '<sip:p1;lr>']);
  t.match(uas(), { id: 'a-call-id-of-some-length;from-tag=from-tag', localTag: 'ours', remoteTag: 'from-tag', remoteCSeq: 7 });
  t.match(uac(), {
    id: 'c;from-tag=f',
    localTag: 'f',
    remoteTag: 'to-tag',
    remoteCSeq: undefined,
    remoteTarget: 'sip:b@192.0.2.3',
  });
  t.end();
});

t.test('requests are routed loosely, and strictly where the first router knows no better (RFC 3261 §12.2.1.1)', (t) => {
  t.same(routing(uas()), { requestUri: 'sip:a@192.0.2.2', routes: [] });
  t.same(routing(uas({ 'Record-Route': '<sip:p1;lr>,<sip:p2>' })), {
    requestUri: 'sip:a@192.0.2.2',
    routes: ['<sip:p1;lr>', '<sip:p2>'],
  });
  t.same(routing(uas({ 'Record-Route': '<sip:p1>,<sip:p2;lr>' })), {
    requestUri: 'sip:p1',
    routes: ['<sip:p2;lr>', '<sip:a@192.0.2.2>'],
  });
  t.end();
});

t.test('the target moves with a Contact, and the CSeq only upwards', (t) => {
  const dialog = uas();
  refreshTarget(dialog, invite({ Contact: '<sip:moved@192.0.2.9>' }), FLOW);
  t.equal(dialog.remoteTarget, 'sip:moved@192.0.2.9');
  refreshTarget(dialog, invite({ Contact: '<mailto:a@x>' }), FLOW);
  t.equal(dialog.remoteTarget, 'sip:moved@192.0.2.9', 'what is no SIP URI moves nothing');
  t.same(
    [6, 7, 8].map((cseq) => isOutOfOrder(dialog, cseq)),
    [true, false, false],
  );
  t.equal(isOutOfOrder(uac(), 1), false, 'a peer that sent nothing yet begins where it likes');
  t.end();
});

t.test('the table finds a dialog by its id and by its three identifiers, and forgets both at once', (t) => {
  const table = new DialogTable(2);
  const one = new LiveDialog(uac(), undefined);
  const fork = new LiveDialog({ ...uac(), remoteTag: 'other' }, undefined);
  table.add(one);
  table.add(fork);
  t.equal(table.full, true);
  t.equal(table.byId('c;from-tag=f'), fork, 'of a fork, the one that was heard last');
  table.prefer(one);
  t.equal(table.byId('c;from-tag=f'), one);
  t.equal(table.byTags('c', 'f', 'other'), fork);
  t.equal(table.byTags('c', 'f', 'nobody'), undefined);
  table.remove(fork);
  t.equal(table.byId('c;from-tag=f'), one, 'taking one away leaves the other');
  table.remove(one);
  table.remove(one);
  t.equal(table.byId('c;from-tag=f'), undefined);
  t.equal(table.size, 0);
  t.end();
});
