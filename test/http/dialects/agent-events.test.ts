/** agent: what an agent is told of its calls, poll by poll. */
import t from 'tap';
import { agentFixture } from '../../support/agent-fixture.js';

t.test('an inbound call from ringing to its end', async (t) => {
  const { signIn, told, house } = await agentFixture(t);
  await signIn();
  const call = house.rings('a', '0301234', '101');
  house.answers(call);
  const held = house.held(call, 'callee-api');
  house.held(held);
  house.ends(call, 'caller-hung-up');
  const events = await told();
  const callid = events.find(({ eventType }) => eventType === 'AgentEvent_Hold')?.content;
  t.match(callid, /^[0-9]{10}-[0-9]+$/);
  const talk = { caller: '0301234', callid, called: '101', feature: '0', type: 'main', mediaAbility: '1' };
  t.same(
    events.map(({ eventType, content }) => [eventType, content]),
    [
      ['AgentOther_InService', null],
      ['AgentState_Ready', null],
      ['AgentOther_PhoneAlerting', null],
      ['AgentEvent_Ringing', { ...talk, transfer: 'no', transfrom: '' }],
      ['AgentOther_PhoneOffhook', null],
      ['AgentState_Busy', null],
      ['AgentEvent_Talking', talk],
      ['AgentEvent_Hold', callid],
      ['AgentEvent_Talking', talk],
      ['AgentEvent_Customer_Release', { callid, number: '0301234' }],
      ['AgentEvent_Call_Release', callid],
      ['AgentOther_PhoneRelease', null],
      ['AgentState_Ready', null],
    ],
  );
  t.ok(events.every(({ workNo, eventGenTime }) => workNo === '101' && eventGenTime > 1e12));
});
