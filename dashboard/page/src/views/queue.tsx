import type { QueuedWindow } from '../../../../contracts/queued-window.ts';
import type { ViewProps } from '../app.tsx';
import { agoText, timeText } from '../format.ts';
import { Probability, Rule } from '../parts/probability.tsx';
import { Loading, Problem, Stale } from '../parts/states.tsx';
import { useSending } from '../parts/use-sending.ts';
import { bodyOf, useDraft, VerdictFields } from '../parts/verdict-fields.tsx';
import { addressOf } from '../route.ts';
import { usePolled } from '../use-polled.ts';

const ANSWERS = [
  { text: 'Attack', is_true_positive: true },
  { text: 'Benign', is_true_positive: false },
  { text: 'Cannot tell', is_true_positive: null },
] as const;

interface QueueAnswer {
  readonly queue: readonly QueuedWindow[];
}

/** The windows whose verdict would teach the next model most, each with buttons to judge it. */
export function QueueView({ place, session }: ViewProps) {
  const platform = place.filters.platform ?? '';
  const query = platform === '' ? '' : `?${new URLSearchParams({ platform })}`;
  const polled = usePolled<QueueAnswer>(`feedback/queue${query}`);
  const { draft, change, clear } = useDraft();
  const { busy, said, send } = useSending();
  const judge = async (window: QueuedWindow, { text, is_true_positive }: Answer) => {
    const body = { inference_id: window.inference_id, is_true_positive, ...bodyOf(draft, session) };
    const done = `Recorded for ${window.endpoint_id}: ${text.toLowerCase()}.`;
    if (await send('feedback', { method: 'POST', body }, done)) clear();
    polled.refresh();
  };
  const { value } = polled;
  return (
    <>
      <p class="muted">The windows whose verdict would teach the next model most, best first.</p>
      <PlatformChoice place={place} platform={platform} />
      {session.may_write && (
        <section class="panel verdict">
          <h2>Said with each verdict</h2>
          <VerdictFields draft={draft} session={session} onChange={change} />
          <p class={said?.ok ? 'done' : 'problem'} role="status">
            {said?.text}
          </p>
        </section>
      )}
      {polled.loading && <Loading what="the queue" />}
      {polled.error && !value && <Problem of={polled.error} again={polled.refresh} />}
      {value && <Stale of={polled.error} />}
      {value?.queue.length === 0 && <p class="state nothing">There is no window to judge.</p>}
      <ul class="plain rows">
        {value?.queue.map((window) => (
          <li key={window.inference_id} class="panel attack-row">
            <Window {...{ window, place, session }} />
            {session.may_write && <Answers busy={busy} onAnswer={(answer) => judge(window, answer)} />}
          </li>
        ))}
      </ul>
      <Rule session={session} />
    </>
  );
}

type Answer = (typeof ANSWERS)[number];

function Answers(props: { readonly busy: boolean; readonly onAnswer: (answer: Answer) => void }) {
  return (
    <span class="buttons">
      {ANSWERS.map((answer) => (
        <button
          key={answer.text}
          type="button"
          class={answer.is_true_positive ? 'danger' : undefined}
          disabled={props.busy}
          onClick={() => props.onAnswer(answer)}
        >
          {answer.text}
        </button>
      ))}
    </span>
  );
}

function PlatformChoice({ place, platform }: Pick<ViewProps, 'place'> & { readonly platform: string }) {
  return (
    <div class="tools">
      <label>
        <span>Platform</span>
        <select
          value={platform}
          onChange={(event) => {
            const filters = { platform: event.currentTarget.value };
            location.hash = addressOf(place, 'queue', { filters });
          }}
        >
          <option value="">Both</option>
          <option value="windows">Windows</option>
          <option value="linux">Linux</option>
        </select>
      </label>
    </div>
  );
}

function Window({ window, place, session }: ViewProps & { readonly window: QueuedWindow }) {
  return (
    <>
      <span class="what">
        <Probability value={window.attack_prob} session={session} words />
      </span>
      <span class="host wrap">
        <a href={addressOf(place, 'inference', { id: window.inference_id })}>
          <b>{window.endpoint_id}</b>
        </a>
        {window.alert_id !== null && (
          <>
            {' '}
            · <a href={addressOf(place, 'alert', { id: window.alert_id })}>its alert</a>
          </>
        )}
      </span>
      <span class="edge">
        {window.pattern === '' ? (
          <span class="muted">nothing carried it</span>
        ) : (
          <code>{window.pattern}</code>
        )}
      </span>
      <time class="when" dateTime={new Date(window.window_end * 1000).toISOString()}>
        {timeText(window.window_end)}
        <span class="muted"> · {agoText(window.window_end)}</span>
      </time>
      <span class="muted small">
        {window.platform} · {window.reason}
      </span>
    </>
  );
}
