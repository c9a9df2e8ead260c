import { useState } from 'preact/hooks';
import type { InferenceResult } from '../../../../contracts/inference.ts';
import type { InferenceView as Inference } from '../../../queries/inference.ts';
import type { ViewProps } from '../app.tsx';
import {
  baseName,
  clockText,
  contributionText,
  countText,
  figureText,
  plural,
  probabilityText,
  timeText,
} from '../format.ts';
import { EventTable } from '../parts/event-table.tsx';
import { Probability, Rule } from '../parts/probability.tsx';
import { ProcessTreeView } from '../parts/process-tree.tsx';
import { Loading, Problem, Stale } from '../parts/states.tsx';
import { STATE_WORDS, Techniques } from '../parts/techniques.tsx';
import { Verdict } from '../parts/verdict.tsx';
import { addressOf } from '../route.ts';
import { usePolled } from '../use-polled.ts';

/** One window: how it was judged, what carried it, who started whom, and the events in sequence. */
export function InferenceView({ place, session }: ViewProps) {
  const polled = usePolled<Inference>(`inferences/${encodeURIComponent(place.id)}`);
  const [selected, setSelected] = useState<string>();
  const { value } = polled;
  if (polled.loading) return <Loading what="the window" />;
  if (!value) return polled.error ? <Problem of={polled.error} again={polled.refresh} /> : null;
  const { inference: result, alert } = value;
  return (
    <>
      <div class="head">
        <h1>
          <a class="wrap" href={addressOf(place, 'attacks', { filters: { hostname: result.endpoint_id } })}>
            {result.hostname}
          </a>
        </h1>
        <span class="muted">
          {timeText(result.window_start)} to {clockText(result.window_end)}, event time
        </span>
      </div>
      <Stale of={polled.error} />
      <div class="row detail">
        <div>
          <Judgement {...{ place, session, result }} />
          <section class="panel">
            <h2>
              Process tree <span class="muted">up to the root; marked processes carry the verdict</span>
            </h2>
            <ProcessTreeView tree={value.process_tree} selected={selected} onSelect={setSelected} />
          </section>
          {value.techniques.length > 0 && (
            <section class="panel">
              <h2>Techniques in this window</h2>
              <ul class="plain">
                {value.techniques.map((technique) => (
                  <li key={technique.id} class="line">
                    <Techniques of={[technique]} />
                    <span>
                      <b>{technique.name}</b> <span class="muted">{technique.tactics.join(', ')}</span>
                    </span>
                  </li>
                ))}
              </ul>
            </section>
          )}
        </div>
        <div>
          <section class="panel">
            <h2>
              Alert
              {alert && <span class={`state-word ${alert.status}`}>{STATE_WORDS[alert.status]}</span>}
            </h2>
            {alert ? (
              <>
                <p>
                  <a href={addressOf(place, 'alert', { id: alert.alert_id })}>
                    {alert.severity} alert of {plural(alert.count, 'window')}
                  </a>
                </p>
                <Verdict alert={alert} session={session} onChange={polled.refresh} />
              </>
            ) : (
              <p class="muted">{whyNoAlert(result, session)}</p>
            )}
          </section>
          <Influence result={result} />
        </div>
      </div>
      <EventTable
        events={value.events}
        total={value.events_total}
        ofProcess={value.process_tree.rows.find((row) => row.id === selected)}
        onClear={() => setSelected(undefined)}
      />
      <Rule session={session} />
    </>
  );
}

function whyNoAlert(result: InferenceResult, session: ViewProps['session']): string {
  if (result.prediction === 'error') return `It could not be scored: ${result.error ?? 'no reason given'}.`;
  if (result.attack_prob >= session.alert_threshold) return 'Its alert is not here yet.';
  return `No alert: ${probabilityText(result.attack_prob)} lies below ${session.alert_threshold.toFixed(2)}.`;
}

function Judgement({ session, result }: ViewProps & { readonly result: InferenceResult }) {
  const { graph } = result;
  const truncated = graph.truncated;
  return (
    <section class="panel">
      <h2>Judgement</h2>
      <p class="big">
        <Probability value={result.attack_prob} session={session} words />
      </p>
      <dl class="facts">
        <div>
          <dt>Confidence</dt>
          <dd>{probabilityText(result.confidence)}</dd>
        </div>
        <div>
          <dt>Model</dt>
          <dd>
            {result.model_name} {result.model_version}
          </dd>
        </div>
        <div>
          <dt>Engine</dt>
          <dd>
            {result.backend}, {figureText(result.inference_time_ms)} ms
            {result.reused && ' (reused: nothing had changed)'}
          </dd>
        </div>
        <div>
          <dt>Graph</dt>
          <dd>
            {countText(graph.num_nodes)} nodes, {countText(graph.num_edges)} edges,{' '}
            {plural(result.event_count, 'event')}
            {truncated && `, cut by ${countText(truncated.edges)} edges`}
          </dd>
        </div>
        <div>
          <dt>Platform</dt>
          <dd>{result.platform}</dd>
        </div>
        <div>
          <dt>Scored (wall clock)</dt>
          <dd>{timeText(result.scored_at)}</dd>
        </div>
      </dl>
    </section>
  );
}

/** How much of the largest score, as the width of a bar behind the row; what lowers the score has none. */
function Share({ of, most }: { readonly of: number; readonly most: number }) {
  return <span class="share" style={{ width: `${(Math.max(0, of) / most) * 100}%` }} aria-hidden="true" />;
}

function Influence({ result }: { readonly result: InferenceResult }) {
  const { top_edges: edges, top_nodes: nodes } = result;
  const scoreText = result.explained_by === 'gradient' ? contributionText : probabilityText;
  const mostOfEdges = Math.max(1e-9, ...edges.map((edge) => edge.score));
  const mostOfNodes = Math.max(1e-9, ...nodes.map((node) => node.score));
  return (
    <section class="panel">
      <h2>What carried the score</h2>
      {edges.length + nodes.length === 0 && <p class="muted">The model gave no explanation.</p>}
      {edges.length > 0 && <h3>Strongest edges</h3>}
      <ol class="plain">
        {edges.map((edge) => (
          <li key={`${edge.event_id} ${edge.relation} ${edge.source} ${edge.target}`} class="line ranked">
            <Share of={edge.score} most={mostOfEdges} />
            <span class="wrap">
              <code title={edge.source}>{baseName(edge.source)}</code> <i>{edge.relation}</i>{' '}
              <code title={edge.target}>{edge.target}</code>
            </span>
            <span class="end">{scoreText(edge.score)}</span>
          </li>
        ))}
      </ol>
      {nodes.length > 0 && <h3>Strongest nodes</h3>}
      <ol class="plain">
        {nodes.map((node) => (
          <li key={`${node.type} ${node.label}`} class="line ranked">
            <Share of={node.score} most={mostOfNodes} />
            <span class="kind">{node.type}</span>
            <span class="wrap">
              <code>{node.label}</code>
              {node.features && (
                <span class="muted">
                  {' '}
                  {node.features
                    .slice(0, 3)
                    .map(({ name, contribution }) => `${name} ${contributionText(contribution)}`)
                    .join(', ')}
                </span>
              )}
            </span>
            <span class="end">{scoreText(node.score)}</span>
          </li>
        ))}
      </ol>
    </section>
  );
}
