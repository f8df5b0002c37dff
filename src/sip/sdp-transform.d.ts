/** sdp-transform ships no types; this is the one function of it that we call. */
declare module 'sdp-transform' {
  export function parse(sdp: string): {
    media: { rtp: { payload: number; codec: string; rate?: number; encoding?: number }[] }[];
  };
}
