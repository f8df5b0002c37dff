/**
 * The torture messages of RFC 4475 through the live sockets: whatever they do, the engine answers the next phone, and nothing
 * that it hands on makes drachtio-srf throw. What each message deserves is test/sip's business.
 */
import { readdirSync, readFileSync } from 'node:fs';
import t from 'tap';
import { appForTest, engineForTest } from '../support/engine-fixture.js';
import { tcpPhone, udpPhone } from '../support/raw-phone.js';

const folder = new URL('../sip/torture/', import.meta.url);
const files = readdirSync(folder).filter((name) => name.endsWith('.dat'));

t.test('the engine answers after every torture message, over UDP and TCP', async (t) => {
  t.ok(files.length >= 49, `${files.length} messages`);
  const engine = await engineForTest(t);
  const app = await appForTest(t, engine);
  for (const open of [udpPhone, tcpPhone]) {
    for (const [index, name] of files.entries()) {
      // A stream that lost its framing is closed, so each message has a connection of its own.
      const sender = await open(engine);
      sender.send(readFileSync(new URL(name, folder)).toString('latin1'));
      const phone = await udpPhone(engine);
      const callId = `after-${sender.protocol}-${index}`;
      phone.send(
        phone.request('OPTIONS', 'sip:x@127.0.0.1', {
          callId,
          from: '<sip:a@127.0.0.1>;tag=1',
          to: '<sip:x@127.0.0.1>',
          cseq: 1,
        }),
      );
      for (let answered = false; !answered;) {
        const { request, response } = await app.gets('OPTIONS');
        answered = request.get('Call-ID') === callId;
        response.send(200);
      }
      t.match(await phone.receives('200 OPTIONS'), callId, `${name} over ${sender.protocol}`);
      sender.close();
      phone.close();
    }
  }
  for (const { request } of app.arrivals) t.ok(request.get('Call-ID'), `${request.method} that passed can be read`);
});
