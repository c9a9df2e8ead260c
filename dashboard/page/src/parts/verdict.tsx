import type { Alert, AlertState } from '../../../../contracts/alert.ts';
import type { SessionView } from '../../../routes.ts';
import { STATE_WORDS } from './techniques.tsx';
import { useSending } from './use-sending.ts';
import { analystOf, bodyOf, useDraft, VerdictFields } from './verdict-fields.tsx';

interface VerdictProps {
  readonly alert: Alert;
  readonly session: SessionView;
  readonly onChange: () => void;
}

const ANSWERS = [
  { text: 'True positive', is_true_positive: true, done: 'Recorded as a true positive.' },
  {
    text: 'False positive',
    is_true_positive: false,
    done: 'Recorded as a false positive; the next model learns from it.',
  },
  {
    text: 'Cannot tell',
    is_true_positive: null,
    done: 'Recorded that it cannot be told; no model learns from it.',
  },
] as const;

/** Buttons that judge an alert or move it on; what the server refuses is said beside them. */
export function Verdict({ alert, session, onChange }: VerdictProps) {
  const { draft, change, clear } = useDraft();
  const { busy, said, send } = useSending();
  const sent = async (...what: Parameters<typeof send>) => {
    if (await send(...what)) clear();
    onChange();
  };
  const judge = ({ is_true_positive, done }: (typeof ANSWERS)[number]) => {
    const replace = alert.history.some((entry) => entry.change === 'feedback');
    const body = { alert_id: alert.alert_id, is_true_positive, replace, ...bodyOf(draft, session) };
    return sent('feedback', { method: 'POST', body }, done);
  };
  const move = (status: AlertState) => {
    const note = draft.notes === '' ? {} : { notes: draft.notes };
    const body = { status, author: analystOf(draft, session), ...note };
    const path = `alerts/${encodeURIComponent(alert.alert_id)}`;
    return sent(path, { method: 'PATCH', body }, `Moved to ${STATE_WORDS[status].toLowerCase()}.`);
  };
  if (!session.may_write) return <p class="muted">Your role may look at alerts, not change them.</p>;
  return (
    <div class="verdict">
      <VerdictFields draft={draft} session={session} onChange={change} />
      <div class="buttons">
        {ANSWERS.map((answer) => (
          <button
            key={answer.text}
            type="button"
            class={answer.is_true_positive ? 'danger' : undefined}
            disabled={busy}
            onClick={() => judge(answer)}
          >
            {answer.text}
          </button>
        ))}
        <Moves {...{ alert, session, busy, onMove: move }} />
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

function Moves(props: {
  readonly alert: Alert;
  readonly session: SessionView;
  readonly busy: boolean;
  readonly onMove: (status: AlertState) => void;
}) {
  const { alert, session, busy, onMove } = props;
  const moves = session.transitions[alert.status].filter(
    (to) => to !== 'resolved' && to !== 'false_positive',
  );
  return (
    <>
      {moves.map((to) => (
        <button key={to} type="button" class="quiet" disabled={busy} onClick={() => onMove(to)}>
          {to === 'open' ? 'Reopen' : to === 'acknowledged' ? 'Acknowledge' : 'Investigate'}
        </button>
      ))}
    </>
  );
}
