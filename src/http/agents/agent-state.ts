/**
 * agent-state: whether an agent is ready, busy, at work after a call or at rest, and what calls change about it. Pure.
 * What is wished during a call counts from its end on. The state steers no call: there are no queues here.
 */

export type AgentMode = 'ready' | 'busy' | 'work' | 'rest';
export type AgentState = Readonly<{
  mode: AgentMode;
  inCall: boolean;
  /** Ready again by itself after a call; otherwise it has work to finish. */
  autoIdle: boolean;
}>;

export type StateWish = 'say-free' | 'say-busy' | 'cancel-busy' | 'work' | 'cancel-work' | 'rest' | 'cancel-rest';

/** What is told of it. */
export type StateNews =
  'ready' | 'talking' | 'work' | 'set-busy' | 'cancel-busy' | 'set-work' | 'cancel-work' | 'set-rest' | 'cancel-rest';

type Row = Readonly<{ mode: AgentMode; from?: AgentMode; news: StateNews }>;

const WISHES: Readonly<Record<StateWish, Row>> = {
  'say-free': { mode: 'ready', news: 'ready' },
  'say-busy': { mode: 'busy', news: 'set-busy' },
  'cancel-busy': { mode: 'ready', from: 'busy', news: 'cancel-busy' },
  work: { mode: 'work', news: 'set-work' },
  'cancel-work': { mode: 'ready', from: 'work', news: 'cancel-work' },
  rest: { mode: 'rest', news: 'set-rest' },
  'cancel-rest': { mode: 'ready', from: 'rest', news: 'cancel-rest' },
};

/** @returns undefined: not from this state. */
export function wished(state: AgentState, wish: StateWish): readonly [AgentState, StateNews] | undefined {
  const { mode, from, news } = WISHES[wish];
  if (from !== undefined && state.mode !== from) return undefined;
  return [{ ...state, mode }, news];
}

export function callBegan(state: AgentState): readonly [AgentState, StateNews] {
  // Who is rung at work or at rest and answers has ended both.
  const mode = state.mode === 'busy' ? 'busy' : 'ready';
  return [{ ...state, mode, inCall: true }, 'talking'];
}

const AFTER: Readonly<Record<AgentMode, StateNews>> = { ready: 'ready', busy: 'set-busy', work: 'work', rest: 'set-rest' };

export function callEnded(state: AgentState): readonly [AgentState, StateNews] {
  const mode = state.mode === 'ready' && !state.autoIdle ? 'work' : state.mode;
  return [{ ...state, mode, inCall: false }, AFTER[mode]];
}
