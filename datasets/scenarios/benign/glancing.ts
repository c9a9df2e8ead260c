import type { Activity } from '../scenario.ts';
import { look } from '../ways.ts';

/** How often somebody looks who and where they are before they begin; emulations of attacks do about as often. */
const BEFORE = 0.4;
/** And in the middle of it, or at the end. */
const WITHIN = 0.25;

/** The same work by people who by chance look around first or in between. */
export function glancing(activity: Activity): Activity {
  return {
    ...activity,
    lines: (draw, place) => {
      const lines = activity.lines(draw, place);
      const at = draw.chance(WITHIN) ? draw.int(1, lines.length) : lines.length;
      const between = at < lines.length ? look(draw, 1) : [];
      const before = draw.chance(BEFORE) ? look(draw, draw.int(1, 3)) : [];
      return [...before, ...lines.slice(0, at), ...between, ...lines.slice(at)];
    },
  };
}
