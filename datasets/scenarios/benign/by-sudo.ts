import type { Activity } from '../scenario.ts';
import { quote } from '../ways.ts';

/** A single command, which sudo runs without a shell. */
const PLAIN = /^[a-z][^|;&<>$`()*?[{~\n]*$/;
const OF_THE_SHELL = /^(cd|export|unset|alias|history|source|ulimit|umask|hash|trap|type|for|while|if)\b/;

/** What root does, done as well by an ordinary user who may use sudo: one command of root a line. */
export function bySudo(activity: Activity): Activity {
  if (activity.as !== 'root') return activity;
  return {
    ...activity,
    as: 'either',
    needs: [...activity.needs, 'sudo'],
    lines: (draw, place) => {
      const lines = activity.lines(draw, { ...place, user: 'root', home: '/root' });
      if (place.user === 'root') return lines;
      return lines.map((line) =>
        PLAIN.test(line) && !OF_THE_SHELL.test(line) ? `sudo -n ${line}` : `sudo -n bash -c ${quote(line)}`,
      );
    },
  };
}
