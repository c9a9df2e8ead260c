import { dirname, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import type TypeScript from 'typescript';
import { LogsterError } from '../../contracts/errors.ts';
import type { CodeCell } from './ipynb.ts';

/** What the module of a notebook calls: before each cell, and with the value of a cell's last expression. */
export const MARKS = { begin: '__beginCell', show: '__showValue' } as const;

/** A notebook as one module, and where each of its lines came from. */
export interface NotebookModule {
  readonly code: string; // JavaScript with its source map inside
  /** The cell and line of a line of the module before translation, both from 1. */
  origin(line: number): { readonly cell: number; readonly line: number } | undefined;
}

/**
 * All cells of a notebook as one ES module, in their order: what one cell declares the later ones see, `await` works
 * at the top, and imports are hoisted as the language has it. A cell that ends in an expression shows its value.
 * Imports are relative to the notebook, or Node's own: others throw input-invalid, as does what is not TypeScript.
 */
export async function notebookModule(file: string, cells: readonly CodeCell[]): Promise<NotebookModule> {
  const { default: ts } = await import('typescript');
  const starts: { readonly cell: number; readonly first: number }[] = [];
  const lines: string[] = [];
  for (const { place, source } of cells) {
    lines.push(`globalThis.${MARKS.begin}(${place});`);
    starts.push({ cell: place, first: lines.length + 1 });
    lines.push(...marked(ts, file, { place, source }).split('\n'));
  }
  const { outputText } = ts.transpileModule(lines.join('\n'), {
    fileName: `${file}.ts`,
    compilerOptions: {
      target: ts.ScriptTarget.ES2023,
      module: ts.ModuleKind.ESNext,
      verbatimModuleSyntax: true,
      inlineSourceMap: true,
    },
  });
  return {
    code: outputText,
    origin(line) {
      const within = starts.findLast(({ first }) => first <= line);
      return within && { cell: within.cell, line: line - within.first + 1 };
    },
  };
}

/** A cell with its imports made absolute and its last expression handed over; its lines stay where they are. */
function marked(ts: typeof TypeScript, file: string, { place, source }: Pick<CodeCell, 'place' | 'source'>) {
  const parsed = ts.createSourceFile('cell.ts', source, ts.ScriptTarget.ES2023, true, ts.ScriptKind.TS);
  refuseErrors(ts, file, place, source);
  const edits: { readonly from: number; readonly to: number; readonly text: string }[] = [];
  for (const statement of parsed.statements) {
    if (!ts.isImportDeclaration(statement) || !ts.isStringLiteral(statement.moduleSpecifier)) continue;
    const { moduleSpecifier } = statement;
    const target = resolved(file, place, moduleSpecifier.text);
    edits.push({
      from: moduleSpecifier.getStart(parsed),
      to: moduleSpecifier.end,
      text: JSON.stringify(target),
    });
  }
  const last = parsed.statements.at(-1);
  if (last && ts.isExpressionStatement(last)) {
    const { expression } = last;
    const [from, to] = [expression.getStart(parsed), expression.end];
    edits.push({ from, to: from, text: `await globalThis.${MARKS.show}(` }, { from: to, to, text: ')' });
  }
  return edits.reduceRight(
    (text, { from, to, text: by }) => text.slice(0, from) + by + text.slice(to),
    source,
  );
}

function refuseErrors(ts: typeof TypeScript, file: string, place: number, source: string): void {
  const { diagnostics = [] } = ts.transpileModule(source, {
    reportDiagnostics: true,
    compilerOptions: { target: ts.ScriptTarget.ES2023, module: ts.ModuleKind.ESNext },
  });
  const [first] = diagnostics;
  if (!first) return;
  const line = source.slice(0, first.start ?? 0).split('\n').length;
  const why = ts.flattenDiagnosticMessageText(first.messageText, ' ');
  throw new LogsterError('input-invalid', `${file}, cell ${place}, line ${line}: ${why}`);
}

function resolved(file: string, place: number, specifier: string): string {
  if (specifier.startsWith('node:')) return specifier;
  if (specifier.startsWith('.')) return pathToFileURL(resolve(dirname(file), specifier)).href;
  throw new LogsterError(
    'input-invalid',
    `${file}, cell ${place} imports ${specifier}; a notebook imports from '../dist/…' and 'node:…' only, so that it runs alike here and in Jupyter`,
  );
}
