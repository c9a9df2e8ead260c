import type { Alert } from '../../../../contracts/alert.ts';
import type { ViewProps } from '../app.tsx';
import { plural, probabilityText, timeText } from '../format.ts';
import { Probability } from '../parts/probability.tsx';
import { Loading, Problem, Stale } from '../parts/states.tsx';
import { STATE_WORDS } from '../parts/techniques.tsx';
import { Verdict } from '../parts/verdict.tsx';
import { addressOf } from '../route.ts';
import { usePolled } from '../use-polled.ts';

/** One alert: what it says, the windows it holds, its history, and the verdict. */
export function AlertView({ place, session }: ViewProps) {
  const polled = usePolled<Alert>(`alerts/${encodeURIComponent(place.id)}`);
  const { value: alert } = polled;
  if (polled.loading) return <Loading what="the alert" />;
  if (!alert) return polled.error ? <Problem of={polled.error} again={polled.refresh} /> : null;
  return (
    <>
      <div class="head">
        <h1>
          <span class={`severity ${alert.severity.toLowerCase()}`}>{alert.severity}</span>{' '}
          <span class="wrap">{alert.hostname}</span>
        </h1>
        <span class={`state-word ${alert.status}`}>{STATE_WORDS[alert.status]}</span>
      </div>
      <Stale of={polled.error} />
      <p class={`headline wrap ${alert.severity === 'LOW' || alert.severity === 'MEDIUM' ? '' : 'alarm'}`}>
        {alert.summary}
      </p>
      <div class="row detail">
        <div>
          <Facts {...{ alert, place, session }} />
          <Shown alert={alert} />
        </div>
        <div>
          <section class="panel">
            <h2>Verdict</h2>
            <Verdict alert={alert} session={session} onChange={polled.refresh} />
          </section>
          <History alert={alert} />
        </div>
      </div>
    </>
  );
}

function Facts({ alert, place, session }: ViewProps & { readonly alert: Alert }) {
  return (
    <section class="panel">
      <h2>What was seen</h2>
      <p>
        <Probability value={alert.attack_prob} session={session} words />
      </p>
      <dl class="facts">
        <div>
          <dt>First seen (event time)</dt>
          <dd>{timeText(alert.first_seen)}</dd>
        </div>
        <div>
          <dt>Last seen (event time)</dt>
          <dd>{timeText(alert.last_seen)}</dd>
        </div>
        <div>
          <dt>Raised (wall clock)</dt>
          <dd>{timeText(alert.created_at)}</dd>
        </div>
        <div>
          <dt>Confidence</dt>
          <dd>{probabilityText(alert.confidence)}</dd>
        </div>
        <div>
          <dt>Model</dt>
          <dd>
            {alert.model_name} {alert.model_version}
          </dd>
        </div>
        <div>
          <dt>Tenant</dt>
          <dd>{alert.tenant_id}</dd>
        </div>
        <div>
          <dt>Platform</dt>
          <dd>{alert.platform}</dd>
        </div>
      </dl>
      <h3>{plural(alert.inference_ids.length, 'window')}</h3>
      <ol class="links">
        {alert.inference_ids.map((id, place_) => (
          <li key={id}>
            <a href={addressOf(place, 'inference', { id })}>
              Window {place_ + 1}
              <span class="unseen"> of this alert</span>
            </a>
          </li>
        ))}
      </ol>
      {alert.related_alert_ids.length > 0 && (
        <>
          <h3>At the same time</h3>
          <ul class="links">
            {alert.related_alert_ids.map((id, place_) => (
              <li key={id}>
                <a href={addressOf(place, 'alert', { id })}>
                  {alert.related_endpoints[place_] ?? id.slice(0, 8)}
                </a>
              </li>
            ))}
          </ul>
        </>
      )}
      {alert.previous_alert_id !== null && (
        <p>
          <a href={addressOf(place, 'alert', { id: alert.previous_alert_id })}>The alert before it</a>
        </p>
      )}
    </section>
  );
}

function Shown({ alert }: { readonly alert: Alert }) {
  return (
    <section class="panel">
      <h2>ATT&CK techniques</h2>
      {alert.techniques.length === 0 && <p class="muted">None was recognised.</p>}
      <ul class="plain">
        {alert.techniques.map((technique) => (
          <li key={technique.id} class="line">
            <span class="technique">{technique.id}</span>
            <span>
              <b>{technique.name}</b>{' '}
              <span class="muted">
                {technique.tactics.join(', ')} · rule “{technique.rule}” ·{' '}
                {plural(technique.evidence.length, 'event')}
              </span>
            </span>
          </li>
        ))}
      </ul>
    </section>
  );
}

function History({ alert }: { readonly alert: Alert }) {
  return (
    <section class="panel">
      <h2>History</h2>
      <ol class="plain history">
        {[...alert.history].reverse().map(({ at, change, by, detail }) => (
          <li key={`${at} ${change} ${detail}`}>
            <time class="muted" dateTime={new Date(at * 1000).toISOString()}>
              {timeText(at)}
            </time>
            <span>
              <b>{change}</b> by {by}
              {detail !== '' && <span class="muted"> · {detail}</span>}
            </span>
          </li>
        ))}
      </ol>
      {alert.notes.length > 0 && <h3>Notes</h3>}
      <ul class="plain history">
        {alert.notes.map(({ at, author, text }) => (
          <li key={`${at} ${text}`}>
            <time class="muted" dateTime={new Date(at * 1000).toISOString()}>
              {timeText(at)}
            </time>
            <span>
              <b>{author}</b> {text}
            </span>
          </li>
        ))}
      </ul>
    </section>
  );
}
