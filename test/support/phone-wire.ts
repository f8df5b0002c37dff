/**
 * phone-wire: what a scripted phone speaks over: UDP, TLS, or WebSocket over TLS. Whole messages in, whole messages out.
 */
import { createSocket } from 'node:dgram';
import { connect } from 'node:tls';
import { WebSocket } from 'ws';

export type Wire = Readonly<{
  /** As it stands in Via. */
  protocol: 'UDP' | 'TLS' | 'WSS';
  /** As it stands in a Contact. */
  uriParameter: string;
  port: number;
  /** @param server a port of 127.0.0.1; of no meaning where there is a connection. */
  send: (text: string, server: number) => void;
  heard: (tell: (text: string) => void) => void;
  close: () => void;
}>;

export function udpWire(address = '127.0.0.1'): Promise<Wire> {
  const socket = createSocket('udp4');
  return new Promise((resolve, reject) => {
    socket.once('error', reject);
    socket.bind(0, address, () =>
      resolve({
        protocol: 'UDP',
        uriParameter: '',
        port: socket.address().port,
        send: (text, server) => socket.send(Buffer.from(text, 'latin1'), server, '127.0.0.1'),
        heard: (tell) => socket.on('message', (datagram) => tell(datagram.toString('latin1'))),
        close: () => socket.close(),
      }),
    );
  });
}

/** Believes whatever certificate is shown. @returns the fingerprint of it too. */
export function tlsWire(server: number): Promise<Wire & Readonly<{ fingerprint: string }>> {
  const socket = connect({ host: '127.0.0.1', port: server, rejectUnauthorized: false });
  let tell: (text: string) => void = () => undefined;
  let rest = '';
  socket.on('data', (data: Buffer) => {
    rest += data.toString('latin1');
    for (;;) {
      rest = rest.replace(/^(?:\r\n)+/, '');
      const end = rest.indexOf('\r\n\r\n') + 4;
      const whole = end + Number(/^content-length\s*:\s*(\d+)/im.exec(rest.slice(0, end))?.[1] ?? 0);
      if (end < 4 || rest.length < whole) return;
      const message = rest.slice(0, whole);
      rest = rest.slice(whole);
      tell(message);
    }
  });
  return new Promise((resolve, reject) => {
    socket.once('error', reject);
    socket.once('secureConnect', () => {
      socket.on('error', () => undefined);
      resolve({
        protocol: 'TLS',
        uriParameter: ';transport=tls',
        port: socket.localPort ?? 0,
        send: (text) => socket.write(text, 'latin1'),
        heard: (to) => (tell = to),
        close: () => socket.destroy(),
        fingerprint: socket.getPeerCertificate().fingerprint256,
      });
    });
  });
}

/** RFC 7118. */
export function wssWire(server: number): Promise<Wire> {
  const socket = new WebSocket(`wss://127.0.0.1:${server}/`, 'sip', { rejectUnauthorized: false });
  return new Promise((resolve, reject) => {
    socket.once('error', reject);
    socket.once('open', () =>
      resolve({
        protocol: 'WSS',
        uriParameter: ';transport=ws',
        port: 5060,
        send: (text) => socket.send(text),
        heard: (tell) => socket.on('message', (data) => tell((data as Buffer).toString('latin1'))),
        close: () => socket.terminate(),
      }),
    );
  });
}
