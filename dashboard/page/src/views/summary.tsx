import type { AlertsView } from '../../../queries/alerts.ts';
import type { HostsView } from '../../../queries/hosts.ts';
import type { SummaryView as Summary } from '../../../queries/summary.ts';
import type { TechniqueCount } from '../../../queries/techniques.ts';
import type { TimelineView } from '../../../queries/timeline.ts';
import type { ViewProps } from '../app.tsx';
import { agoText, countText, figureText, plural, probabilityText } from '../format.ts';
import { Probability, Rule } from '../parts/probability.tsx';
import { Loading, Nothing, Problem, Stale } from '../parts/states.tsx';
import { Techniques } from '../parts/techniques.tsx';
import { PeakChart, ProbabilitiesChart, WindowsChart } from '../parts/time-charts.tsx';
import { addressOf, queryOf } from '../route.ts';
import { usePolled } from '../use-polled.ts';

/** The state of everything in ten figures, and what to look at next. */
export function SummaryView({ place, session }: ViewProps) {
  const query = queryOf(place);
  const summary = usePolled<Summary>(`summary?${query}`);
  const timeline = usePolled<TimelineView>(`timeline?${query}`);
  const { value } = summary;
  if (summary.loading) return <Loading what="the summary" />;
  if (!value) return summary.error ? <Problem of={summary.error} again={summary.refresh} /> : null;
  if (value.total_inferences === 0) return <Nothing place={place} what="scored windows" />;
  return (
    <>
      <Stale of={summary.error} />
      <Headline {...{ place, session, value }} />
      <Tiles {...{ place, session, value }} />
      {timeline.value && (
        <div class="row charts">
          <WindowsChart view={timeline.value} />
          <PeakChart view={timeline.value} session={session} />
          <ProbabilitiesChart view={timeline.value} session={session} />
        </div>
      )}
      <div class="row lists">
        <OpenAlerts {...{ place, session }} />
        <WorstHosts {...{ place, session }} />
        <TopTechniques {...{ place, session }} />
      </div>
      <Rule session={session} />
    </>
  );
}

interface Valued extends ViewProps {
  readonly value: Summary;
}

function Headline({ place, session, value }: Valued) {
  const { total_attacks: attacks, max_attack_probability: peak, attacks_below_alert: below } = value;
  const hints = [
    below > 0 &&
      `${plural(below, 'attack window')} below ${session.alert_threshold.toFixed(2)} raised no alert.`,
    (peak ?? 0) >= 0.45 &&
      attacks === 0 &&
      `The peak of ${probabilityText(peak)} is close to the threshold, yet nothing counts as an attack.`,
    value.total_errors > 0 &&
      `${plural(value.total_errors, 'window')} could not be scored, mostly for graphs under three nodes.`,
  ].filter((hint) => hint !== false);
  return (
    <p class={`headline ${attacks > 0 ? 'alarm' : 'calm'}`}>
      <strong>
        {attacks === 0 ? (
          `No attacks among ${plural(value.total_inferences, 'window')} of ${plural(value.hosts, 'host')}.`
        ) : (
          <a href={addressOf(place, 'attacks')}>
            {`${plural(attacks, 'attack window')} among ${countText(value.total_inferences)} of ${plural(value.hosts, 'host')}.`}
          </a>
        )}
      </strong>{' '}
      {hints.join(' ')}
    </p>
  );
}

function Tiles({ place, value }: Valued) {
  const tiles: readonly {
    readonly name: string;
    readonly figure: string;
    readonly unit?: string;
    readonly kind?: string;
    readonly to?: string;
  }[] = [
    { name: 'Windows scored', figure: countText(value.total_inferences), to: addressOf(place, 'timeline') },
    {
      name: 'Attacks',
      figure: countText(value.total_attacks),
      kind: value.total_attacks > 0 ? 'alarm' : '',
      to: addressOf(place, 'attacks'),
    },
    { name: 'Benign', figure: countText(value.total_benign) },
    { name: 'Peak probability', figure: probabilityText(value.max_attack_probability) },
    { name: 'Average probability', figure: probabilityText(value.average_attack_probability) },
    { name: 'Average confidence', figure: probabilityText(value.average_confidence) },
    { name: 'Hosts', figure: countText(value.hosts), to: addressOf(place, 'hosts') },
    { name: 'Inference time', figure: figureText(value.average_inference_time_ms), unit: 'ms' },
    { name: 'Nodes per graph', figure: figureText(value.average_graph_nodes) },
    { name: 'Edges per graph', figure: figureText(value.average_graph_edges) },
  ];
  return (
    <ul class="tiles" aria-label="Figures">
      {tiles.map(({ name, figure, unit, kind = '', to }) => (
        <li key={name} class={`tile ${kind}`}>
          <span class="name">{to ? <a href={to}>{name}</a> : name}</span>
          <span class="figure">
            {figure}
            {unit && <small> {unit}</small>}
          </span>
        </li>
      ))}
    </ul>
  );
}

function OpenAlerts({ place, session }: ViewProps) {
  const polled = usePolled<AlertsView>(`alerts?${queryOf(place, { status: 'open', limit: '6' })}`);
  const alerts = polled.value?.alerts ?? [];
  return (
    <section class="panel">
      <h2>
        Open alerts {polled.value && <span class="muted">{countText(polled.value.total)}</span>}
        <a class="more" href={addressOf(place, 'alerts')}>
          All alerts
        </a>
      </h2>
      {polled.error && <Problem of={polled.error} />}
      {polled.value && alerts.length === 0 && <p class="muted">None in this range.</p>}
      <ul class="plain">
        {alerts.map((alert) => (
          <li key={alert.alert_id}>
            <a class="line" href={addressOf(place, 'alert', { id: alert.alert_id })}>
              <span class={`severity ${alert.severity.toLowerCase()}`}>{alert.severity}</span>
              <span class="named">
                <b class="wrap">{alert.hostname}</b>
                <Techniques of={alert.techniques} />
              </span>
              <span class="muted end">{agoText(alert.last_seen)}</span>
            </a>
          </li>
        ))}
      </ul>
      {!session.may_write && <p class="muted">You may look, not judge.</p>}
    </section>
  );
}

function WorstHosts({ place, session }: ViewProps) {
  const polled = usePolled<HostsView>(`hosts?${queryOf(place, { limit: '6' })}`);
  return (
    <section class="panel">
      <h2>
        Hosts by peak probability
        <a class="more" href={addressOf(place, 'hosts')}>
          All hosts
        </a>
      </h2>
      {polled.error && <Problem of={polled.error} />}
      <ul class="plain">
        {polled.value?.hosts.map((host) => (
          <li key={`${host.tenant_id}:${host.endpoint_id}`}>
            <a class="line" href={addressOf(place, 'attacks', { filters: { hostname: host.endpoint_id } })}>
              <b class="wrap">{host.hostname}</b>
              <span class="end">
                <Probability value={host.max_attack_probability} session={session} />
              </span>
            </a>
          </li>
        ))}
      </ul>
    </section>
  );
}

function TopTechniques({ place }: ViewProps) {
  const polled = usePolled<{ readonly techniques: readonly TechniqueCount[] }>(
    `techniques?${queryOf(place)}`,
  );
  const rows = polled.value?.techniques.slice(0, 8) ?? [];
  const most = Math.max(1, ...rows.map((row) => row.alerts));
  return (
    <section class="panel">
      <h2>Techniques in alerts</h2>
      {polled.error && <Problem of={polled.error} />}
      {polled.value && rows.length === 0 && <p class="muted">None in this range.</p>}
      <ul class="plain">
        {rows.map(({ id, name, alerts }) => (
          <li key={id}>
            <a class="line ranked" href={addressOf(place, 'alerts', { filters: { technique: id } })}>
              <span class="share" style={{ width: `${(alerts / most) * 100}%` }} aria-hidden="true" />
              <span class="technique">{id}</span>
              <span class="clip">{name}</span>
              <b class="end">{countText(alerts)}</b>
            </a>
          </li>
        ))}
      </ul>
    </section>
  );
}
