/**
 * rtpengine-calls: behind the back of the product: which calls its rtpengine has, and an end for one of them.
 */
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';

/** @param pid of the rtpengine. */
export async function rtpengineCalls(pid: number): Promise<string[]> {
  const reply = await ask(pid, 'd7:command4:list5:limiti1000ee');
  return strings(reply.slice(reply.indexOf('5:callsl') + '5:callsl'.length));
}

/** One after the other: a name may end with a digit, and the length of the next one follows it at once. */
function strings(text: string): string[] {
  const [head, count] = /^(\d+):/.exec(text) ?? [];
  if (head === undefined) return [];
  const end = head.length + Number(count);
  return [text.slice(head.length, end), ...strings(text.slice(end))];
}

export async function endRtpengineCall(pid: number, callId: string): Promise<void> {
  await ask(pid, `d7:call-id${callId.length}:${callId}7:command6:deletee`);
}

/** Ports of its own that a call has. */
export async function rtpenginePorts(pid: number, callId: string): Promise<number[]> {
  const reply = await ask(pid, `d7:call-id${callId.length}:${callId}7:command5:querye`);
  return [...reply.matchAll(/10:local porti(\d+)e/g)].map(([, port]) => Number(port));
}

/** Calls it has now, counted by itself. */
export async function rtpengineSessions(pid: number): Promise<number> {
  return Number(/13:sessionstotali(\d+)e/.exec(await ask(pid, 'd7:command10:statisticse'))?.[1]);
}

async function ask(pid: number, command: string): Promise<string> {
  const line = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
  const port = Number(line.find((one) => one.startsWith('--listen-ng='))?.split(':')[1]);
  const socket = createSocket('udp4');
  try {
    socket.send(`behind_${Math.random()} ${command}`, port, '127.0.0.1');
    const [datagram] = (await once(socket, 'message', { signal: AbortSignal.timeout(3000) })) as [Buffer];
    return datagram.toString('latin1');
  } finally {
    socket.close();
  }
}
