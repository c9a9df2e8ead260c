import { useState } from 'preact/hooks';
import type { Alert, AlertState } from '../../../../contracts/alert.ts';
import type { SessionView } from '../../../routes.ts';
import { fetchJson, Refused } from '../fetch-json.ts';
import { STATE_WORDS } from './techniques.tsx';

interface VerdictProps {
  readonly alert: Alert;
  readonly session: SessionView;
  readonly onChange: () => void;
}

const NAME = 'logster-analyst';

/** Buttons that judge an alert or move it on; what the server refuses is said beside them. */
export function Verdict({ alert, session, onChange }: VerdictProps) {
  const [notes, setNotes] = useState('');
  const [name, setName] = useState(() => localStorage.getItem(NAME) ?? 'analyst');
  const [busy, setBusy] = useState(false);
  const [said, setSaid] = useState<{ readonly ok: boolean; readonly text: string }>();
  const who = session.access === 'configured' ? session.name : name.trim() || 'analyst';
  const send = async (path: string, method: 'POST' | 'PATCH', body: object, done: string) => {
    setBusy(true);
    setSaid(undefined);
    try {
      await fetchJson(path, { method, body });
      setSaid({ ok: true, text: done });
      setNotes('');
    } catch (thrown) {
      setSaid({ ok: false, text: thrown instanceof Refused ? thrown.message : String(thrown) });
    }
    setBusy(false);
    onChange();
  };
  const judge = (isTrue: boolean) =>
    send(
      'feedback',
      'POST',
      {
        alert_id: alert.alert_id,
        is_true_positive: isTrue,
        notes,
        analyst: who,
        replace: alert.verdict !== null,
      },
      isTrue
        ? 'Recorded as a true positive.'
        : 'Recorded as a false positive; the next model learns from it.',
    );
  const move = (status: AlertState) =>
    send(
      `alerts/${encodeURIComponent(alert.alert_id)}`,
      'PATCH',
      { status, author: who, ...(notes !== '' && { notes }) },
      `Moved to ${STATE_WORDS[status].toLowerCase()}.`,
    );
  if (!session.may_write) return <p class="muted">Your role may look at alerts, not change them.</p>;
  const moves = session.transitions[alert.status].filter(
    (to) => to !== 'resolved' && to !== 'false_positive',
  );
  return (
    <div class="verdict">
      <label>
        Note
        <textarea
          rows={2}
          maxLength={4000}
          value={notes}
          placeholder="What speaks for it?"
          onInput={(event) => setNotes(event.currentTarget.value)}
        />
      </label>
      {session.access === 'open' && (
        <label>
          Your name
          <input
            maxLength={128}
            value={name}
            onInput={(event) => {
              setName(event.currentTarget.value);
              localStorage.setItem(NAME, event.currentTarget.value);
            }}
          />
        </label>
      )}
      <div class="buttons">
        <button type="button" class="danger" disabled={busy} onClick={() => judge(true)}>
          True positive
        </button>
        <button type="button" disabled={busy} onClick={() => judge(false)}>
          False positive
        </button>
        {moves.map((to) => (
          <button key={to} type="button" class="quiet" disabled={busy} onClick={() => move(to)}>
            {to === 'open' ? 'Reopen' : to === 'acknowledged' ? 'Acknowledge' : 'Investigate'}
          </button>
        ))}
      </div>
      {alert.verdict !== null && (
        <p class="muted">
          Judged a {alert.verdict.replace('_', ' ')}; a new verdict of yours replaces your earlier one.
        </p>
      )}
      <p class={said?.ok ? 'done' : 'problem'} role="status">
        {said?.text}
      </p>
    </div>
  );
}
