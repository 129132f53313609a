/** Why there is nothing to hear in a space (any more); null while there is. Pure. */
import type { ApiError } from '../api.ts';
import type { Space } from '../api-types.ts';
import type { LiveSpace } from '../live/live-space.svelte.ts';

export type Ending =
  | 'ended'
  | 'canceled'
  | 'removed'
  | 'not_found'
  | 'left_elsewhere'
  | 'not_understood'
  | 'unreachable';

type Looked = Pick<LiveSpace, 'final' | 'isJoined'>;

export function endingOf(
  live: Looked | null,
  space: Pick<Space, 'state'> | null,
  failure: ApiError | null,
): Ending | null {
  if (live?.final === 'removed' || live?.final === 'not_found') return live.final;
  if (live?.final === 'bad_message' || live?.final === 'not_allowed') return 'not_understood';
  if (space?.state === 'ended' || space?.state === 'canceled') return space.state;
  if (live?.final === 'left') return 'left_elsewhere';
  if (failure === null || live?.isJoined === true) return null;
  return failure.status === 404 ? 'not_found' : failure.status === 403 ? 'removed' : 'unreachable';
}
