/**
 * silence: how long ago each party was last heard, read from rtpengine's reply to `query`. Pure.
 */
import type { LegId } from '#calls/ports.js';
import type { NgReply } from './ng-client.js';

type LegRole = LegId['role'];
type Stream = Readonly<{ flags?: readonly string[]; 'last packet'?: unknown; stats?: Readonly<{ packets?: unknown }> }>;
type Tags = { tags?: Record<string, { medias?: { streams?: Stream[] }[] }> };

/** @param nowMs by our clock: both programs are expected to have the same time, and less than no silence is none. */
export function silenceOf(reply: NgReply, nowMs: number): Readonly<Record<LegRole, number | undefined>> {
  return { caller: silenceFrom(reply, 'caller', nowMs), callee: silenceFrom(reply, 'callee', nowMs) };
}

/**
 * rtpengine sets the time of the last packet when it makes the stream, so it says nothing before a packet was counted. RTCP is no sign
 * of media: a phone whose microphone hangs goes on reporting.
 */
function silenceFrom(reply: NgReply, role: LegRole, nowMs: number): number | undefined {
  const medias = (reply as Tags).tags?.[role]?.medias ?? [];
  const heard = medias
    .flatMap(({ streams }) => streams ?? [])
    .filter(({ flags, stats }) => flags?.includes('RTP') === true && Number(stats?.packets ?? 0) > 0)
    .map((stream) => Number(stream['last packet']))
    .filter((second) => Number.isFinite(second) && second > 0);
  return heard.length === 0 ? undefined : Math.max(0, Math.floor(nowMs / 1000) - Math.max(...heard));
}
