/**
 * Goal: what is written in one turn leaves together and in order, and nothing stays behind. Method: a real socket pair, and the number of
 * writes that the kernel is asked for.
 */
import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import t from 'tap';
import { corkTurns } from '#signaling/cork.js';

t.test('many messages of one turn are one write, those of the next turn another', async (t) => {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const accepted = once(server, 'connection') as Promise<[Socket]>;
  const client = connect((server.address() as AddressInfo).port, '127.0.0.1');
  t.teardown(() => {
    client.destroy();
    server.close();
  });
  const [[peer]] = await Promise.all([accepted, once(client, 'connect')]);
  const written: number[] = [];
  const writev = client._writev?.bind(client);
  client._writev = (chunks, done) => {
    written.push(chunks.length);
    writev?.(chunks, done);
  };
  corkTurns(client);
  corkTurns(client); // twice is once
  let heard = '';
  peer.on('data', (chunk: Buffer) => (heard += chunk.toString('latin1')));
  const said = (text: string): Promise<unknown> => new Promise((resolve) => client.write(text, resolve));
  const first = ['a', 'b', 'c'].map(said);
  t.same(written, [], 'the turn is not over');
  await Promise.all(first);
  t.same(written, [3]);
  await Promise.all(['d', 'e'].map(said));
  t.same(written, [3, 2]);
  while (heard.length < 5) await once(peer, 'data');
  t.equal(heard, 'abcde');
});
