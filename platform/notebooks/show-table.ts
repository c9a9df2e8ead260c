import { table as textTable } from '../table.ts';
import { DISPLAY, type Shown } from './mime-bundle.ts';

/** What a cell of a table may hold; null is shown as a dash. */
type Cell = string | number | boolean | null | undefined;
/** A row by the names of its columns; the first row says which there are. */
export type Row = Readonly<Record<string, Cell>>;

/** Text longer than this is cut: command lines have thousands of characters. */
const CELL_CHARACTERS = 160;

/** Rows as a table, the last value of a cell. Everything is escaped: names and command lines are an attacker's. */
export function table(rows: readonly Row[]): Shown {
  const head = Object.keys(rows[0] ?? {});
  const cells = rows.map((row) => head.map((name) => shownCell(row[name])));
  return {
    [DISPLAY]: () => ({
      'text/html': html(head, cells),
      'text/markdown': markdown(head, cells),
      'text/plain': textTable(head, cells),
    }),
  };
}

function shownCell(value: Cell): string | number {
  if (value === null || value === undefined) return '–';
  if (typeof value === 'number') return value;
  const text = String(value).replace(/\p{Cc}+/gu, ' ');
  return text.length > CELL_CHARACTERS ? `${text.slice(0, CELL_CHARACTERS - 1)}…` : text;
}

function html(head: readonly string[], cells: readonly (readonly (string | number)[])[]): string {
  const line = (tag: 'th' | 'td', row: readonly (string | number)[]) =>
    `<tr>${row.map((cell) => `<${tag}${alignment(cell)}>${escaped(String(cell))}</${tag}>`).join('')}</tr>`;
  const body = cells.map((row) => line('td', row)).join('\n');
  return `<table>\n<thead>${line('th', head)}</thead>\n<tbody>\n${body}\n</tbody>\n</table>`;
}

const alignment = (cell: string | number): string =>
  ` style="text-align: ${typeof cell === 'number' ? 'right' : 'left'}"`;

function escaped(text: string): string {
  return text.replace(/[&<>"'`]/g, (mark) => `&#${mark.charCodeAt(0)};`);
}

/** Escapes what Markdown reads as marks, links or HTML. */
function markdown(head: readonly string[], cells: readonly (readonly (string | number)[])[]): string {
  const line = (row: readonly (string | number)[]) =>
    `| ${row.map((cell) => String(cell).replace(/[\\`*_{}[\]<>()#+!|~$&]/g, (mark) => `\\${mark}`)).join(' | ')} |`;
  return [line(head), `|${head.map(() => '---').join('|')}|`, ...cells.map(line)].join('\n');
}
