import type { HostCard, HostOrder, HostsView as Hosts } from '../../../queries/hosts.ts';
import type { ViewProps } from '../app.tsx';
import { agoText, countText, plural, probabilityText, timeText } from '../format.ts';
import { Curve, Probability, Rule } from '../parts/probability.tsx';
import { Loading, Nothing, Problem, Stale } from '../parts/states.tsx';
import { addressOf, queryOf } from '../route.ts';
import { usePolled } from '../use-polled.ts';

const ORDERS: Record<HostOrder, string> = {
  max_attack_probability: 'Peak probability',
  attacks: 'Attacks',
  last_seen: 'Last seen',
  hostname: 'Name',
};

/** A card per endpoint, the most suspicious first. */
export function HostsView({ place, session }: ViewProps) {
  const sort = place.filters.sort ?? 'max_attack_probability';
  const polled = usePolled<Hosts>(`hosts?${queryOf(place, { sort })}`);
  const { value } = polled;
  return (
    <>
      <div class="tools">
        <label>
          <span>Sort by</span>
          <select
            value={sort}
            onChange={(event) => {
              location.hash = addressOf(place, 'hosts', { filters: { sort: event.currentTarget.value } });
            }}
          >
            {Object.entries(ORDERS).map(([order, name]) => (
              <option key={order} value={order}>
                {name}
              </option>
            ))}
          </select>
        </label>
        {value && (
          <span class="muted">
            {plural(value.total, 'host')}
            {value.total > value.hosts.length && `, the first ${value.hosts.length} are shown`}
          </span>
        )}
      </div>
      {polled.loading && <Loading what="hosts" />}
      {polled.error && !value && <Problem of={polled.error} again={polled.refresh} />}
      {value && <Stale of={polled.error} />}
      {value && value.total === 0 && <Nothing place={place} what="hosts" />}
      <ul class="cards">
        {value?.hosts.map((host) => (
          <Card key={`${host.tenant_id}:${host.endpoint_id}`} {...{ host, place, session }} />
        ))}
      </ul>
      {value && value.total > 0 && <Rule session={session} />}
    </>
  );
}

function Card({ host, place, session }: ViewProps & { readonly host: HostCard }) {
  return (
    <li class="panel card">
      <h2>
        <a class="wrap" href={addressOf(place, 'attacks', { filters: { hostname: host.endpoint_id } })}>
          {host.hostname}
        </a>
        {host.open_alerts > 0 && (
          <a
            class="badge alarm"
            href={addressOf(place, 'alerts', { filters: { hostname: host.endpoint_id } })}
          >
            {plural(host.open_alerts, 'open alert')}
          </a>
        )}
      </h2>
      <p class="muted">
        {host.platform ?? 'unknown platform'} · {host.tenant_id}
      </p>
      <p>
        <Probability value={host.max_attack_probability} session={session} words />
      </p>
      <Curve points={host.recent} session={session} />
      <dl class="facts">
        <div>
          <dt>Attacks</dt>
          <dd>{countText(host.attacks)}</dd>
        </div>
        <div>
          <dt>Windows</dt>
          <dd>{countText(host.windows)}</dd>
        </div>
        <div>
          <dt>Average</dt>
          <dd>{probabilityText(host.average_attack_probability)}</dd>
        </div>
        <div>
          <dt>Last seen</dt>
          <dd title={timeText(host.last_seen)}>{agoText(host.last_seen)}</dd>
        </div>
      </dl>
    </li>
  );
}
