/** What Jupyter's Deno kernel asks of a value that it is to show. */
export const DISPLAY = Symbol.for('Jupyter.display');

/** One value in several forms, by media type; a reader takes the richest that it knows. */
export type MimeBundle = Readonly<Record<string, unknown>>;

/** A value that shows itself in Jupyter. */
export interface Shown {
  [DISPLAY](): MimeBundle | Promise<MimeBundle>;
}
