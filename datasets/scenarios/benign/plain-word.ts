import type { Draw } from '../draw.ts';

/** A drawn word of letters and digits alone, as accounts, packages and modules are named. */
export const plainWord = (draw: Draw): string => draw.word().replace(/\W/g, '');
