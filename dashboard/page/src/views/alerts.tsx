import type { Alert } from '../../../../contracts/alert.ts';
import type { AlertsView as Alerts } from '../../../queries/alerts.ts';
import type { ViewProps } from '../app.tsx';
import { agoText, countText, plural, timeText } from '../format.ts';
import { Probability } from '../parts/probability.tsx';
import { Loading, Nothing, Problem, Stale } from '../parts/states.tsx';
import { STATE_WORDS, Techniques } from '../parts/techniques.tsx';
import { addressOf, queryOf } from '../route.ts';
import { usePolled } from '../use-polled.ts';

const SEVERITIES = ['CRITICAL', 'HIGH', 'MEDIUM', 'LOW'];

/** The alerts and their states; verdicts are given on an alert's own page. */
export function AlertsView({ place, session }: ViewProps) {
  const { status = '', severity = '', technique = '' } = place.filters;
  const more = Object.entries({ status, severity, technique }).filter(([, value]) => value !== '');
  const polled = usePolled<Alerts>(`alerts?${queryOf(place, { limit: '100', ...Object.fromEntries(more) })}`);
  const { value } = polled;
  const choose = (name: string) => (event: { readonly currentTarget: HTMLSelectElement }) => {
    location.hash = addressOf(place, 'alerts', { filters: { [name]: event.currentTarget.value } });
  };
  return (
    <>
      <div class="tools">
        <label>
          <span>State</span>
          <select value={status} onChange={choose('status')}>
            <option value="">All states</option>
            {Object.entries(STATE_WORDS).map(([state, name]) => (
              <option key={state} value={state}>
                {name}
              </option>
            ))}
          </select>
        </label>
        <label>
          <span>Severity</span>
          <select value={severity} onChange={choose('severity')}>
            <option value="">All severities</option>
            {SEVERITIES.map((name) => (
              <option key={name} value={name}>
                {name}
              </option>
            ))}
          </select>
        </label>
        {technique !== '' && (
          <a class="button" href={addressOf(place, 'alerts', { filters: { technique: '' } })}>
            {technique} <span aria-hidden="true">×</span>
            <span class="unseen">: remove this filter</span>
          </a>
        )}
        {value && <span class="muted">{plural(value.total, 'alert')}, by last event time</span>}
      </div>
      {polled.loading && <Loading what="alerts" />}
      {polled.error && !value && <Problem of={polled.error} again={polled.refresh} />}
      {value && <Stale of={polled.error} />}
      {value && value.total === 0 && <Nothing place={place} what="such alerts" />}
      <ul class="plain rows">
        {value?.alerts.map((alert) => (
          <Row key={alert.alert_id} {...{ alert, place, session }} />
        ))}
      </ul>
      <p class="rule">
        Alerts begin at a probability of {session.alert_threshold.toFixed(2)}; windows from{' '}
        {session.attack_probability.toFixed(2)} to there count as attacks and raise none.
      </p>
    </>
  );
}

function Row({ alert, place, session }: ViewProps & { readonly alert: Alert }) {
  return (
    <li>
      <a
        class={`panel alert-row ${alert.severity.toLowerCase()}`}
        href={addressOf(place, 'alert', { id: alert.alert_id })}
      >
        <span class="what">
          <span class={`severity ${alert.severity.toLowerCase()}`}>{alert.severity}</span>
          <span class={`state-word ${alert.status}`}>{STATE_WORDS[alert.status]}</span>
        </span>
        <span class="host">
          <b class="wrap">{alert.hostname}</b> <Probability value={alert.attack_prob} session={session} />
        </span>
        <span class="summary">
          {alert.summary} <Techniques of={alert.techniques} />
        </span>
        <span class="muted small">
          {plural(alert.count, 'window')}
          {alert.related_endpoints.length > 0 &&
            ` · with ${countText(alert.related_endpoints.length)} other endpoints`}
          {alert.assignee !== null && ` · ${alert.assignee}`}
        </span>
        <time class="when" dateTime={new Date(alert.last_seen * 1000).toISOString()}>
          {timeText(alert.last_seen)}
          <span class="muted"> · {agoText(alert.last_seen)}</span>
        </time>
      </a>
    </li>
  );
}
