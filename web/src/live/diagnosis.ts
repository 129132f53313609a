/**
 * Why one hears nothing: the four hops that a voice takes, in its order, and the first that fails. Pure: measurements in,
 * what they mean out.
 */
import type { LineState } from './line.ts';

export interface Facts {
  isOnline: boolean;
  isSocketOpen: boolean;
  /** The other people on the stage; of them, whose microphone is on; of those, whose connection is lost. */
  others: number;
  othersOpen: number;
  othersAway: number;
  isSoundRestarting: boolean;
  server: 'ready' | 'not_ready' | 'unreachable';
  line: LineState | null;
  /** Received within the second that was measured. */
  packets: number;
  /** What the server says it sent in that time; null when it has not said. */
  packetsSent: number | null;
  lossShare: number;
  /** Of what arrived, before it goes to the loudspeaker: 0 to 1. */
  level: number;
  voicesHeard: number;
  roundTrip_ms: number | null;
  protocol: string | null;
  output: 'none' | 'paused' | 'turned_down' | 'playing';
}

export const HOPS = ['their_microphone', 'server', 'my_connection', 'my_output'] as const;
export type Hop = (typeof HOPS)[number];

/** `unknown`: an earlier hop fails, so that nothing comes by which this one could be judged. */
export type HopState = 'good' | 'bad' | 'unknown';

/** The sentence (a translation key) for what was found. */
export type Finding =
  | 'found.nobody_on_stage'
  | 'found.all_muted'
  | 'found.speaker_away'
  | 'found.nobody_speaks'
  | 'found.sound_restarting'
  | 'found.server_unreachable'
  | 'found.server_not_ready'
  | 'found.offline'
  | 'found.no_path'
  | 'found.connecting'
  | 'found.nothing_arrives'
  | 'found.much_is_lost'
  | 'found.blocked'
  | 'found.turned_down'
  | 'found.all_good';

export interface Diagnosis {
  hop: Hop | null;
  finding: Finding;
  hops: Record<Hop, HopState>;
}

/** Above it words go missing: what was measured to be repaired ends at about a fifth. */
const MUCH_LOSS = 0.2;
/** -70 dBFS: quieter is the noise of a decoder. */
const AUDIBLE_LEVEL = 0.0003;

export function diagnose(facts: Facts): Diagnosis {
  const problem = firstProblem(facts);
  if (problem === null) return { hop: null, finding: 'found.all_good', hops: hopsOf(null) };
  const [hop, finding] = problem;
  return { hop, finding, hops: hopsOf(hop) };
}

/** One's own side first: without it nothing can be said of the others. */
function firstProblem(facts: Facts): [Hop, Finding] | null {
  return ownProblem(facts) ?? theirProblem(facts) ?? outputProblem(facts);
}

function ownProblem(facts: Facts): [Hop, Finding] | null {
  if (!facts.isOnline) return ['my_connection', 'found.offline'];
  if (facts.isSoundRestarting) return ['server', 'found.sound_restarting'];
  if (facts.server === 'unreachable') return ['server', 'found.server_unreachable'];
  if (facts.server === 'not_ready') return ['server', 'found.server_not_ready'];
  if (facts.line === 'no_path') return ['my_connection', 'found.no_path'];
  if (facts.line !== 'up') return ['my_connection', 'found.connecting'];
  if (facts.lossShare > MUCH_LOSS) return ['my_connection', 'found.much_is_lost'];
  const isSentButNotReceived = facts.packets === 0 && (facts.packetsSent ?? 0) > 0;
  return isSentButNotReceived ? ['my_connection', 'found.nothing_arrives'] : null;
}

function theirProblem(facts: Facts): [Hop, Finding] | null {
  if (facts.others === 0) return ['their_microphone', 'found.nobody_on_stage'];
  if (facts.othersOpen === 0) return ['their_microphone', 'found.all_muted'];
  if (facts.othersAway === facts.othersOpen) return ['their_microphone', 'found.speaker_away'];
  const isSilent = facts.voicesHeard === 0 && facts.level < AUDIBLE_LEVEL;
  return isSilent ? ['their_microphone', 'found.nobody_speaks'] : null;
}

function outputProblem(facts: Facts): [Hop, Finding] | null {
  if (facts.output === 'paused' || facts.output === 'none') return ['my_output', 'found.blocked'];
  return facts.output === 'turned_down' ? ['my_output', 'found.turned_down'] : null;
}

function hopsOf(bad: Hop | null): Record<Hop, HopState> {
  const states = HOPS.map((hop): [Hop, HopState] => {
    if (hop === bad) return [hop, 'bad'];
    return [hop, isKnownGood(hop, bad) ? 'good' : 'unknown'];
  });
  return Object.fromEntries(states) as Record<Hop, HopState>;
}

/** What was measured before the first problem was found; a path of one's own that fails says nothing of the others. */
function isKnownGood(hop: Hop, bad: Hop | null): boolean {
  if (bad === null || bad === 'their_microphone') return true;
  if (bad === 'my_output') return hop !== 'my_output';
  return bad === 'my_connection' && hop === 'server';
}
