/**
 * conference-member: the conference's end of one member call: a party that is a program. It tells the mixer where its phone is, and that
 * it holds. Who is a member, and who hears whom, is conference.ts's.
 */
import { readSdp } from '#sip/sdp.js';
import { receives, sends, type Direction } from '#core/direction.js';
import type { ConferenceEvent } from '#core/events.js';
import type { CallId } from '#core/leg.js';
import type { MixerPort, RtpPlace } from './mixer-port.js';
import type { VirtualLine, VirtualParty } from './virtual-phones.js';

type Shown = ConferenceEvent['members'][number];

export type MemberFacts = Readonly<{
  /** Its name in the mixer. */
  id: string;
  conferenceId: string;
  as: Shown['as'];
  /** The name of the sound it hears while another holds. */
  holdMusic?: string | undefined;
}>;

/** What the others hear while one holds. */
type Terms = 'conference' | 'music' | 'silence';

export type MemberDeps = Readonly<{
  mixer: MixerPort;
  othersHear: (holder: ConferenceMember) => Terms;
  /** What the mixer could not do; a member that is over is no news. */
  failed: (error: unknown) => void;
  changed: (member: ConferenceMember) => void;
  /** Its call goes on with somebody else: `callId` is new. */
  moved: (member: ConferenceMember) => void;
  gone: (member: ConferenceMember) => void;
}>;

export class ConferenceMember implements VirtualParty {
  readonly facts: MemberFacts;
  /** Whoever takes its place in a transfer has another. */
  number: string;
  /** Set as soon as its call has a name. */
  callId = '' as CallId;
  state: Shown['state'] = 'ringing';
  /** Whom a whisperer speaks to: the id of a member. */
  whispersTo: string | undefined;
  /** It has its place in the mixer. */
  joined = false;
  readonly #deps: MemberDeps;
  #apart = false;
  /** It waits no more, and its phone has not said so yet. */
  #comesBack = false;
  /** What the mixer has been told of its hold: what the others hear meanwhile. */
  #holds: Terms | undefined;
  #described: Promise<string> | undefined;
  #line: VirtualLine | undefined;
  #over = false;

  constructor(number: string, facts: MemberFacts, deps: MemberDeps) {
    this.number = number;
    this.facts = facts;
    this.#deps = deps;
  }

  /** @throws AppError: the mixer is full or gone. */
  describe(): Promise<string> {
    this.#described ??= this.#join();
    return this.#described;
  }

  async #join(): Promise<string> {
    const { id, conferenceId, holdMusic } = this.facts;
    const place = await this.#deps.mixer.join(conferenceId, id, holdMusic === undefined ? {} : { holdMusic });
    this.joined = true;
    return descriptionAt(place);
  }

  calls(line: VirtualLine): void {
    this.#line = line;
  }

  moved(): void {
    this.callId = this.#line?.leg().callId ?? this.callId;
    this.#deps.moved(this);
  }

  heard(sdp: string, direction: Direction): void {
    const { id, conferenceId } = this.facts;
    const { mixer, failed, changed } = this.#deps;
    const rtpFrom = placeIn(sdp);
    if (rtpFrom !== undefined) mixer.join(conferenceId, id, { rtpFrom }).catch(failed);
    const talks = sends(direction) && receives(direction);
    const state = talks ? 'in' : 'held';
    this.#comesBack = false;
    this.#hold(talks ? undefined : this.#terms);
    if (state === this.state) return;
    this.state = state;
    changed(this);
  }

  /** It waits apart from the others while they talk about it. */
  get apart(): boolean {
    return this.#apart;
  }

  /** @param comes with a hold of its own, or only because it has waited, which ends now. */
  setApart(apart: boolean, comes: 'holds' | 'waited' = 'holds'): void {
    this.#apart = apart;
    this.#comesBack = !apart && comes === 'waited';
    this.tellHold();
  }

  /** Others have come or gone, or wait apart: what they hear of its hold may be something else now. */
  tellHold(): void {
    if (this.#holds !== undefined) this.#hold(this.#terms);
  }

  /** Who only listens was not heard before, and who waits apart is talked about: neither takes anything away from the others. */
  get #terms(): Terms {
    const takesAway = this.facts.as === 'member' && !this.#apart && !this.#comesBack;
    return takesAway ? this.#deps.othersHear(this) : 'conference';
  }

  /** @param terms undefined: it holds no more. */
  #hold(terms: Terms | undefined): void {
    if (terms === this.#holds) return;
    this.#holds = terms;
    const { id, conferenceId } = this.facts;
    const { mixer, failed } = this.#deps;
    if (terms === undefined) mixer.resume(conferenceId, id).catch(failed);
    else mixer.hold(conferenceId, id, { othersHear: terms }).catch(failed);
  }

  gone(): void {
    this.#leave();
    this.#deps.gone(this);
  }

  /** Before there is a call only the mixer has to be told. Twice is once. */
  hangUp(): void {
    if (this.#line === undefined) this.#leave();
    else this.#line.hangUp();
  }

  #leave(): void {
    if (this.#over) return;
    this.#over = true;
    const { id, conferenceId } = this.facts;
    this.#deps.mixer.leave(conferenceId, id).catch(this.#deps.failed);
  }
}

/** RFC 3551: PCMU; keys (RFC 4733) are agreed to, so that phones send them as such, and read on the phone's side. */
function descriptionAt({ address, port }: RtpPlace): string {
  const at = `IN ${address.includes(':') ? 'IP6' : 'IP4'} ${address}`;
  const head = ['v=0', `o=conference 1 1 ${at}`, 's=-', `c=${at}`, 't=0 0', `m=audio ${port} RTP/AVP 0 101`];
  const codecs = ['a=rtpmap:0 PCMU/8000', 'a=rtpmap:101 telephone-event/8000', 'a=fmtp:101 0-16'];
  return [...head, ...codecs, 'a=ptime:20', 'a=rtcp-mux', 'a=sendrecv', ''].join('\r\n');
}

function placeIn(sdp: string): RtpPlace | undefined {
  const audio = readSdp(sdp).media.find(({ kind, rejected }) => kind === 'audio' && !rejected);
  return audio === undefined ? undefined : { address: audio.address, port: audio.port };
}
