/**
 * complaints: what users of other systems complain about, C1 to C25, in one line each; the cases name the ones they answer.
 * Two of them no phone can judge from outside, and the table says so.
 */
import type { Case } from './case.js';
import type { Result } from './runner.js';

export type Complaint = Readonly<{ id: string; text: string; elsewhere?: string }>;

export const COMPLAINTS: readonly Complaint[] = [
  { id: 'C1', text: 'The API says held and the SDP is right, but no music packet is sent' },
  { id: 'C2', text: 'Hold of one leg works, hold of the other is silent' },
  { id: 'C3', text: 'The wrong party hears music, or ringing instead of it' },
  { id: 'C4', text: 'Music stops when the hold changes codec' },
  { id: 'C5', text: 'sendonly in a 183 starts music over early media' },
  { id: 'C6', text: 'Pressing hold hangs up: sendonly is answered sendrecv' },
  { id: 'C7', text: 'One-way audio after resume' },
  { id: 'C8', text: 'Audio is dead after resume because the new address was not followed' },
  { id: 'C9', text: 'Double hold: inactive becomes recvonly, or mutes the other leg' },
  { id: 'C10', text: 'The hold failed, the state says held, and somebody hears you' },
  { id: 'C11', text: 'Both press hold: 491 on both sides, and no hold' },
  { id: 'C12', text: '491 for ever' },
  { id: 'C13', text: 'A hold meets a session refresh, and the call drops' },
  { id: 'C14', text: 'A refresh after a hold carries stale SDP' },
  { id: 'C15', text: 'A refused re-INVITE tears the call down' },
  { id: 'C16', text: 'A held call is killed because no RTP comes' },
  { id: 'C17', text: 'A re-INVITE without an offer never ends the hold' },
  { id: 'C18', text: 'WebRTC: hold restarts ICE or DTLS; SRTP is rekeyed' },
  { id: 'C19', text: 'Resume with another codec gets an old SDP' },
  { id: 'C20', text: 'A CSeq is used twice, and the phone stays on hold' },
  { id: 'C21', text: 'The held party is lost when the system fails over', elsewhere: 'needs the target to be killed' },
  { id: 'C22', text: 'The caller on hold was forgotten; or hold ends by itself' },
  { id: 'C23', text: 'The application cannot see that a phone held the call' },
  { id: 'C24', text: 'Click-to-call: the second leg fails, and the first is left in limbo' },
  { id: 'C25', text: 'The music itself: broken sequence numbers and timestamps' },
];

export type Answered = Complaint & Readonly<{ by: readonly Case[]; verdict: 'passed' | 'failed' | 'not judged' }>;

/** What can be said of the target; passed only if every case that was asked has passed. */
export function complaintTable(results: readonly Result[]): readonly Answered[] {
  return COMPLAINTS.map((complaint) => {
    const about = results.filter((one) => one.case.complaints.includes(complaint.id));
    const asked = about.filter(({ verdict }) => verdict !== 'skipped');
    const verdict = asked.length === 0 ? 'not judged' : asked.every((one) => one.verdict === 'passed') ? 'passed' : 'failed';
    return { ...complaint, by: about.map((one) => one.case), verdict };
  });
}
