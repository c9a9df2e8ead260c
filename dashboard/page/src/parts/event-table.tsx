import { useState } from 'preact/hooks';
import type { ProcessRow } from '../../../process-tree.ts';
import type { EventRow } from '../../../queries/inference.ts';
import { baseName, countText, preciseClockText, timeText } from '../format.ts';
import { Techniques } from './techniques.tsx';

interface EventTableProps {
  readonly events: readonly EventRow[];
  readonly total: number;
  readonly ofProcess: ProcessRow | undefined;
  readonly onClear: () => void;
}

/** Rows drawn at first; a window can hold thousands, and most look at the evidence. */
const DRAWN = 200;

/** The window's events in sequence, with the evidence marked. */
export function EventTable({ events, total, ofProcess, onClear }: EventTableProps) {
  const [onlyEvidence, setOnlyEvidence] = useState(false);
  const [all, setAll] = useState(false);
  const wanted = events
    .filter((event) => !onlyEvidence || event.evidence)
    .filter((event) => !ofProcess || event.process_id === ofProcess.process_id);
  const drawn = all ? wanted : wanted.slice(0, DRAWN);
  const marked = events.filter((event) => event.evidence).length;
  return (
    <section class="panel">
      <h2>
        Events in sequence{' '}
        <span class="muted">
          {countText(total)}, of which {countText(marked)} marked as evidence
        </span>
      </h2>
      <div class="tools">
        <label class="check">
          <input
            type="checkbox"
            checked={onlyEvidence}
            onChange={(event) => setOnlyEvidence(event.currentTarget.checked)}
          />
          Evidence only
        </label>
        {ofProcess && (
          <button type="button" onClick={onClear}>
            {baseName(ofProcess.image)} {ofProcess.process_id} <span aria-hidden="true">×</span>
            <span class="unseen">: show all processes</span>
          </button>
        )}
        {total > events.length && (
          <span class="muted">The first {countText(events.length)} and the evidence are here.</span>
        )}
      </div>
      {events.length === 0 ? (
        <p class="muted">The events of this window are no longer kept.</p>
      ) : (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: a box that scrolls must be reachable by keyboard
        <section class="scroll" tabIndex={0} aria-label="Events">
          <table class="events">
            <thead>
              <tr>
                <th scope="col">Time</th>
                <th scope="col">Event</th>
                <th scope="col">Process</th>
                <th scope="col">What</th>
                <th scope="col">Marks</th>
              </tr>
            </thead>
            <tbody>
              {drawn.map((event) => (
                <Row key={event.event_id} event={event} />
              ))}
            </tbody>
          </table>
        </section>
      )}
      {drawn.length < wanted.length && (
        <button type="button" onClick={() => setAll(true)}>
          Show all {countText(wanted.length)}
        </button>
      )}
    </section>
  );
}

function Row({ event }: { readonly event: EventRow }) {
  return (
    <tr class={event.evidence ? 'evidence' : ''}>
      <td class="time">
        <time dateTime={new Date(event.timestamp * 1000).toISOString()} title={timeText(event.timestamp)}>
          {preciseClockText(event.timestamp)}
        </time>
      </td>
      <td class="type">{event.event_type.replaceAll('_', ' ')}</td>
      <td class="actor">
        <span title={event.process}>{baseName(event.process)}</span>
        {event.process_id !== null && <span class="muted"> {event.process_id}</span>}
      </td>
      <td class="subject">
        <code>{event.what}</code>
      </td>
      <td class="marks">
        {event.evidence && <span class="mark">evidence</span>}
        <Techniques of={event.techniques.map((id) => ({ id }))} />
        {event.influence !== null && event.influence <= 20 && (
          <span class="muted" title="Place among the most influential events">
            {' '}
            #{event.influence}
          </span>
        )}
      </td>
    </tr>
  );
}
