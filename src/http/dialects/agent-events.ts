/**
 * agent-events: what an agent is told, in the words of the AgentGateway (dialects.md 3.5).
 */
import type { StateNews } from '../agents/agent-state.js';
import type { AgentSession } from '../agents/agent-session.js';
import type { News } from '../agents/agents.js';
import type { CallId, DeskCall, Feature } from '../agents/desk.js';
import { otherOf, shownParties } from '../agents/desk.js';

export type AgentEvent = Readonly<{ eventType: string; eventGenTime: number; workNo: string; content: unknown }>;

/** Their kinds of call. */
export const FEATURES: Readonly<Record<Feature, number>> = { inbound: 0, inner: 6, outbound: 7, conference: 53 };

const STATES: Readonly<Record<StateNews, string>> = {
  ready: 'AgentState_Ready',
  talking: 'AgentState_Busy',
  work: 'AgentState_Work',
  'set-busy': 'AgentState_SetNotReady_Success',
  'cancel-busy': 'AgentState_CancelNotReady_Success',
  'set-work': 'AgentState_SetWork_Success',
  'cancel-work': 'AgentState_CancelWork_Success',
  'set-rest': 'AgentState_SetRest_Success',
  'cancel-rest': 'AgentState_CancelRest_Success',
};

export type WireId = (callId: CallId) => string;

export function spell(news: News, session: AgentSession<AgentEvent>, wireId: WireId, atMs: number): AgentEvent | undefined {
  const spelled = words(news, session, wireId);
  if (spelled === undefined) return undefined;
  const [eventType, content] = spelled;
  return { eventType, eventGenTime: atMs, workNo: session.terms.agent, content };
}

function words(news: News, session: AgentSession<AgentEvent>, wireId: WireId): readonly [string, unknown] | undefined {
  switch (news.kind) {
    case 'in-service':
      return ['AgentOther_InService', null];
    case 'state':
      return [STATES[news.news], null];
    case 'phone-alerting':
      return ['AgentOther_PhoneAlerting', null];
    case 'phone-offhook':
      return ['AgentOther_PhoneOffhook', null];
    case 'phone-released':
      return ['AgentOther_PhoneRelease', null];
    case 'ringing':
      return ['AgentEvent_Ringing', { ...talk(news.call, wireId), transfer: 'no', transfrom: '' }];
    case 'customer-alerting':
      return ['AgentEvent_Customer_Alerting', { callid: wireId(news.call.callId), otherPhone: otherOf(news.call) }];
    case 'talking':
      return ['AgentEvent_Talking', talk(news.call, wireId)];
    case 'held':
      // The phone's own key has a name of its own, for those who asked for it.
      return news.byPhone && session.phoneLinkage
        ? ['AgentEvent_linkagePhoneHold', { callId: wireId(news.call.callId) }]
        : ['AgentEvent_Hold', wireId(news.call.callId)];
    case 'released':
      return ['AgentEvent_Call_Release', wireId(news.call.callId)];
    case 'customer-released':
      return ['AgentEvent_Customer_Release', { callid: wireId(news.call.callId), number: news.number ?? otherOf(news.call) }];
    case 'failed':
      return [
        news.call.feature === 'inner' ? 'AgentEvent_Inside_Call_Fail' : 'AgentEvent_Call_Out_Fail',
        wireId(news.call.callId),
      ];
    case 'conference':
      return [
        'AgentEvent_Conference',
        { callid: wireId(news.call.callId), partner: news.call.partners.map(({ number }) => number).join(',') },
      ];
    case 'recorded':
      return [
        'AgentMediaEvent_StopRecordDone',
        { beginTime: news.beganMs, endTime: news.endedMs, fileMediaType: '1', taskId: news.recordingId },
      ];
    case 'busy':
    case 'free':
    case 'goes-on':
      return undefined; // told as the state that follows from it, or not at all
  }
}

/** All of them text, numbers too. */
const talk = (call: DeskCall, wireId: WireId): Readonly<Record<string, string>> => ({
  caller: shownParties(call).caller,
  callid: wireId(call.callId),
  called: shownParties(call).callee,
  feature: String(FEATURES[call.feature]),
  type: 'main',
  mediaAbility: '1',
});
