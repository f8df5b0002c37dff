/**
 * consultations: one member of a conference talks to somebody first, while the others wait with music, apart from both. Owns who waits;
 * whom the mixer lets hear whom follows from it.
 */
import type { CallService } from './call-service.js';
import type { ConferenceMember } from './conference-member.js';
import type { Conference } from './conference.js';

export type ConsultationsDeps = Readonly<{
  calls: Pick<CallService, 'dispatch' | 'view'>;
  /** The mixer learns who hears whom. */
  hear: (conference: Conference) => void;
  changed: (conference: Conference) => void;
}>;

export class Consultations {
  readonly #deps: ConsultationsDeps;

  constructor(deps: ConsultationsDeps) {
    this.#deps = deps;
  }

  /** `waiting` hear music, apart from the others, until they are let in: at the latest when `holder` or `target` has gone. */
  setAside(
    conference: Conference,
    {
      holder,
      waiting,
      target,
    }: Readonly<{ holder: ConferenceMember; waiting: readonly ConferenceMember[]; target: ConferenceMember }>,
  ): void {
    conference.consultation = { holder, waiting, target };
    for (const member of waiting) member.setApart(true);
    this.#deps.hear(conference);
    for (const member of waiting) if (member.state === 'in') this.#hold(member);
    this.#deps.changed(conference);
    // It may have said no before this was asked for.
    if (!conference.members.includes(target)) this.letIn(conference);
  }

  /** Who has waited is let in. */
  letIn(conference: Conference): void {
    const { consultation } = conference;
    if (consultation === undefined) return;
    const { calls, hear, changed } = this.#deps;
    conference.consultation = undefined;
    for (const member of consultation.waiting) {
      calls.dispatch(member.callId, { kind: 'resume.requested', holder: 'caller' });
      // Its phone, or a program, may hold as well.
      const isHeld = (calls.view(member.callId)?.hold.reasons ?? []).length > 0;
      member.setApart(false, isHeld ? 'holds' : 'waited');
    }
    hear(conference);
    changed(conference);
  }

  /** Who has come only now, and is to wait, waits. */
  memberChanged(conference: Conference, member: ConferenceMember): void {
    if (member.apart && member.state === 'in' && conference.consultation?.waiting.includes(member) === true) this.#hold(member);
  }

  memberGone(conference: Conference, member: ConferenceMember): void {
    const { consultation } = conference;
    if (consultation?.waiting.includes(member) === true) {
      const waiting = consultation.waiting.filter((one) => one !== member);
      conference.consultation = waiting.length === 0 ? undefined : { ...consultation, waiting };
    }
    // The holder has left them to each other, or nobody was found to talk to.
    else if (consultation?.holder === member || consultation?.target === member) this.letIn(conference);
  }

  /** It waits as anybody waits who is held: with music, and its phone is told. */
  #hold(member: ConferenceMember): void {
    setImmediate(() => {
      // It may have been let in meanwhile.
      if (member.apart) this.#deps.calls.dispatch(member.callId, { kind: 'hold.requested', holder: 'caller' });
    });
  }
}
