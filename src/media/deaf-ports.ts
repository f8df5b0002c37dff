/**
 * deaf-ports: rtpengine 10.5 gives up a port for good at which more than 50 packets were waiting five times in a row: its process stood still for
 * five seconds, or somebody floods it. It answers as ever then, and the call is silent; with what comes next to that port it says so, once in 15 s.
 * What it says before ("Too many packets in UDP receive queue") is also said where nothing is lost.
 */

/** @returns the call whose port it is; undefined: the line speaks of something else. */
export const deafCallIn = (line: string): string | undefined =>
  /\[(\S+) port +\d+\]: .*UDP receive queue exceeded/.exec(line)?.[1];
