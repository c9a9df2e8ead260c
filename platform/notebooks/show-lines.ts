import { DISPLAY, type Shown } from './mime-bundle.ts';

/** Longer lines are cut: some sensors write thousands of characters. */
const LINE_CHARACTERS = 400;

/**
 * Lines of text as the last value of a cell. What `console.log` writes at the very end of a cell can be lost in
 * Jupyter: Deno's kernel sends it after it has said that the cell is done. Control characters become blanks.
 */
export function lines(...texts: readonly string[]): Shown {
  const shown = texts.map((text) => text.replace(/\p{Cc}+/gu, ' ').slice(0, LINE_CHARACTERS));
  return { [DISPLAY]: () => ({ 'text/plain': shown.join('\n') }) };
}
