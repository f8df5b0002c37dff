/**
 * bare-b2bua: drachtio-srf's own createB2BUA, writing once a turn, and nothing else, in a process of its own, on one of three engines: what the benches of
 * the engine, of set-ups and of many holds measure. Started with the engine's name and the port of the called SIPp; says where it is called, answers how
 * many legs are up, and holds or resumes all calls when it is told to.
 */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { startEngineThread } from '#engine/thread.js';
import { collectWithoutHelpers } from '#kit/few-cores.js';
import { createLogger } from '#kit/log.js';
import { corkTurns } from '#signaling/cork.js';
import { startBareMedia } from './bare-media.js';
import { newSrf, type AppRequest, type AppResponse, type Dialog } from './engine-fixture.js';
import { startFloorEngine } from './floor-engine.js';

export type EngineName = 'ours' | 'floor' | 'drachtio-server';
export type BareB2bua = Readonly<{
  name: EngineName;
  pid: number;
  target: string;
  legs: () => Promise<number>;
  /** A re-INVITE to every leg and a gate for every call, all at once. @returns when the last of them has been answered; how many were. */
  holdAll: (direction: 'sendonly' | 'sendrecv') => Promise<number>;
  kill: () => void;
}>;

/** @param rtpPorts for an rtpengine in which it anchors its calls; 0: none. */
export async function startBareB2bua(name: EngineName, uasPort: number, rtpPorts = 0): Promise<BareB2bua> {
  const child = fork(fileURLToPath(import.meta.url), [name, String(uasPort), String(rtpPorts)]);
  const said = async (): Promise<unknown> => (await once(child, 'message'))[0] as unknown;
  const target = (await said()) as string;
  const ask = async (what: string): Promise<number> => {
    child.send(what);
    return (await said()) as number;
  };
  return { name, pid: child.pid ?? 0, target, legs: () => ask('legs'), holdAll: ask, kill: () => child.kill('SIGKILL') };
}

type Place = Readonly<{ host: string; port: number; secret: string; target: string }>;

async function placeOf(name: EngineName): Promise<Place> {
  const host = '127.0.0.1';
  switch (name) {
    case 'floor': {
      const { adminPort, sipPort } = await startFloorEngine();
      return { host, port: adminPort, secret: '', target: `${host}:${sipPort}` };
    }
    case 'ours': {
      const engine = await startEngineThread({ addresses: [host], sipPort: 0, wsPort: 0 }, createLogger('warn'));
      const port = engine.listening.find((one) => one.protocol === 'udp')?.port ?? 5060;
      return { host, port: engine.adminPort, secret: engine.secret, target: `${host}:${port}` };
    }
    case 'drachtio-server': {
      const { DRACHTIO_HOST = host, DRACHTIO_PORT = '9022', DRACHTIO_SECRET = 'cymru', DRACHTIO_SIP } = process.env;
      return {
        host: DRACHTIO_HOST,
        port: Number(DRACHTIO_PORT),
        secret: DRACHTIO_SECRET,
        target: DRACHTIO_SIP ?? `${host}:5060`,
      };
    }
  }
}

async function serve(name: EngineName, uasPort: string, rtpPorts: number): Promise<void> {
  // As the product does, on all engines.
  process.env = { ...process.env }; // drachtio-srf reads it for every header
  collectWithoutHelpers();
  const { target, ...link } = await placeOf(name);
  const media = rtpPorts === 0 ? undefined : await startBareMedia(rtpPorts);
  const srf = newSrf();
  let legs = 0;
  const calls = new Map<string, readonly Dialog[]>();
  const begin = async (request: AppRequest, response: AppResponse): Promise<void> => {
    if (request.socket !== undefined) corkTurns(request.socket); // a write costs more than a message
    const callId = request.get('Call-ID');
    const offer = request.body ?? '';
    const localSdpB = media === undefined ? offer : await media.offer(callId, offer);
    const anchored = media === undefined ? {} : { localSdpA: (sdp: string): Promise<string> => media.answer(callId, sdp) };
    const { uas, uac } = await srf.createB2BUA(request, response, `sip:uas@127.0.0.1:${uasPort}`, { localSdpB, ...anchored });
    legs += 2;
    calls.set(callId, [uas, uac]);
    for (const [one, other] of [
      [uas, uac],
      [uac, uas],
    ] as const)
      one.on('destroy', () => {
        media?.delete(callId);
        calls.delete(callId);
        void other.destroy().finally(() => (legs -= 2));
      });
  };
  srf.use('invite', (request: AppRequest, response: AppResponse) => void begin(request, response).catch(() => undefined));
  const holdAll = async (direction: string): Promise<number> => {
    const asked = [...calls].map(async ([callId, dialogs]) => {
      await media?.gate(callId, direction !== 'sendrecv');
      await Promise.all(dialogs.map((dialog) => dialog.modify(dialog.local.sdp.replace(/^a=send\w+/m, `a=${direction}`))));
    });
    return (await Promise.allSettled(asked)).filter(({ status }) => status === 'fulfilled').length;
  };
  process.on('message', (what) => {
    if (what === 'legs') process.send?.(legs);
    else void holdAll(String(what)).then((held) => process.send?.(held));
  });
  process.on('disconnect', () => process.exit());
  const ready = new Promise((resolve) => srf.on('connect', resolve));
  srf.connect(link);
  await ready;
  process.send?.(target);
}

const [, file, name, uasPort, rtpPorts] = process.argv;
if (file === fileURLToPath(import.meta.url)) await serve(name as EngineName, uasPort ?? '', Number(rtpPorts));
