import type { RecentAttack, RecentView } from '../../../queries/recent.ts';
import type { ViewProps } from '../app.tsx';
import { agoText, countText, plural, probabilityText, timeText } from '../format.ts';
import { Probability, Rule } from '../parts/probability.tsx';
import { Loading, Nothing, Problem, Stale } from '../parts/states.tsx';
import { addressOf, queryOf } from '../route.ts';
import { usePolled } from '../use-polled.ts';

/** The windows that count as attacks, the latest first. */
export function AttacksView({ place, session }: ViewProps) {
  const sort = place.filters.sort === 'attack_prob' ? 'attack_prob' : 'timestamp';
  const polled = usePolled<RecentView>(`recent?${queryOf(place, { sort, limit: '100' })}`);
  const { value } = polled;
  return (
    <>
      <div class="tools">
        <label>
          <span>Sort by</span>
          <select
            value={sort}
            onChange={(event) => {
              location.hash = addressOf(place, 'attacks', { filters: { sort: event.currentTarget.value } });
            }}
          >
            <option value="timestamp">Latest</option>
            <option value="attack_prob">Probability</option>
          </select>
        </label>
        {value && (
          <span class="muted">
            {plural(value.total, 'attack window')}
            {value.total > value.attacks.length && `, the first ${value.attacks.length} are shown`}
          </span>
        )}
      </div>
      {polled.loading && <Loading what="attacks" />}
      {polled.error && !value && <Problem of={polled.error} again={polled.refresh} />}
      {value && <Stale of={polled.error} />}
      {value && value.total === 0 && <Nothing place={place} what="attack windows" />}
      <ul class="plain rows">
        {value?.attacks.map((attack) => (
          <Row key={attack.inference_id} {...{ attack, place, session }} />
        ))}
      </ul>
      <Rule session={session} />
    </>
  );
}

function Row({ attack, place, session }: ViewProps & { readonly attack: RecentAttack }) {
  const { strongest } = attack;
  return (
    <li>
      <a class="panel attack-row" href={addressOf(place, 'inference', { id: attack.inference_id })}>
        <span class="what">
          <Probability value={attack.attack_prob} session={session} words />
        </span>
        <b class="host wrap">{attack.hostname}</b>
        <span class="edge">
          {strongest ? (
            <>
              <code>{strongest.source}</code> <i>{strongest.relation}</i> <code>{strongest.target}</code>
            </>
          ) : (
            <span class="muted">no edge carried it</span>
          )}
        </span>
        <span class="muted small">
          {attack.platform} · {countText(attack.event_count)} events · confidence{' '}
          {probabilityText(attack.confidence)}
        </span>
        <time class="when" dateTime={new Date(attack.timestamp * 1000).toISOString()}>
          {timeText(attack.timestamp)}
          <span class="muted"> · {agoText(attack.timestamp)}</span>
        </time>
      </a>
    </li>
  );
}
