import { useRef, useState } from 'preact/hooks';
import type { ProcessRow, ProcessTree } from '../../../process-tree.ts';
import { baseName, countText, plural, timeText } from '../format.ts';
import { Techniques } from './techniques.tsx';

interface ProcessTreeProps {
  readonly tree: ProcessTree;
  readonly selected: string | undefined;
  readonly onSelect: (id: string | undefined) => void;
}

/** Beyond this many processes only those that lead to evidence are shown at first. */
const SHOWN_AT_ONCE = 14;

/** Deeper levels are indented no further, so that a narrow screen still shows the text. */
const DEEPEST_INDENT = 12;

/** Who started whom, as a tree that arrow keys walk through. Enter shows the events of one process alone. */
export function ProcessTreeView({ tree, selected, onSelect }: ProcessTreeProps) {
  const leading = tree.rows.filter((row) => row.leads_to_evidence);
  const [all, setAll] = useState(leading.length === 0 || tree.rows.length <= SHOWN_AT_ONCE);
  const [focused, setFocused] = useState(0);
  const list = useRef<HTMLDivElement>(null);
  const rows = all ? tree.rows : leading;
  if (tree.rows.length === 0) return <p class="muted">No event of this window names a process.</p>;
  const current = Math.min(focused, rows.length - 1);
  const focus = (place: number) => {
    const next = Math.max(0, Math.min(rows.length - 1, place));
    setFocused(next);
    (list.current?.children[next] as HTMLElement | undefined)?.focus();
  };
  const walk = (event: KeyboardEvent) => {
    const row = rows[current];
    const steps: Record<string, () => void> = {
      ArrowDown: () => focus(current + 1),
      ArrowUp: () => focus(current - 1),
      ArrowRight: () => focus(current + 1),
      ArrowLeft: () => focus(parentPlace(rows, current)),
      Home: () => focus(0),
      End: () => focus(rows.length - 1),
      Enter: () => onSelect(row?.id === selected ? undefined : row?.id),
      ' ': () => onSelect(row?.id === selected ? undefined : row?.id),
    };
    const step = steps[event.key];
    if (!step) return;
    event.preventDefault();
    step();
  };
  return (
    <>
      <div ref={list} class="tree" role="tree" aria-label="Process tree" onKeyDown={walk}>
        {rows.map((row, place) => (
          // biome-ignore lint/a11y/useKeyWithClickEvents: the tree itself listens for keys
          <div
            key={row.id}
            role="treeitem"
            aria-level={row.depth + 1}
            aria-selected={row.id === selected}
            tabIndex={place === current ? 0 : -1}
            class={row.evidence.length > 0 ? 'evidence' : row.leads_to_evidence ? 'leads' : ''}
            onFocus={() => setFocused(place)}
            onClick={() => onSelect(row.id === selected ? undefined : row.id)}
            style={{ '--depth': String(Math.min(row.depth, DEEPEST_INDENT)) }}
          >
            <Row row={row} />
          </div>
        ))}
      </div>
      <p class="muted small">
        {!all && (
          <button type="button" class="link" onClick={() => setAll(true)}>
            Show all {tree.rows.length} processes
          </button>
        )}
        {tree.hidden > 0 && ` ${countText(tree.hidden)} more ran in this window.`}
      </p>
    </>
  );
}

function Row({ row }: { readonly row: ProcessRow }) {
  return (
    <>
      <span class="process">
        <b title={row.image}>{row.image === '' ? 'unknown program' : baseName(row.image)}</b>
        {row.process_id !== null && <span class="muted"> {row.process_id}</span>}
        {row.user !== '' && <span class="muted"> · {row.user}</span>}
        {row.evidence.length > 0 && <span class="mark">{plural(row.evidence.length, 'evidence event')}</span>}
        <Techniques of={row.techniques.map((id) => ({ id }))} />
      </span>
      {row.command_lines.map((line) => (
        <code key={line} class="command" title={row.started_at === null ? '' : timeText(row.started_at)}>
          {line}
        </code>
      ))}
    </>
  );
}

function parentPlace(rows: readonly ProcessRow[], place: number): number {
  const depth = rows[place]?.depth ?? 0;
  for (let up = place - 1; up >= 0; up--) if ((rows[up]?.depth ?? 0) < depth) return up;
  return place;
}
