import { useEffect, useState } from 'preact/hooks';
import { addressOf, type Place } from '../route.ts';

const RANGES: readonly (readonly [string, string])[] = [
  ['now-30m', 'Last 30 minutes'],
  ['now-1h', 'Last hour'],
  ['now-6h', 'Last 6 hours'],
  ['now-24h', 'Last 24 hours'],
  ['now-7d', 'Last 7 days'],
  ['now-30d', 'Last 30 days'],
  ['0', 'All time'],
];

/** What everything on the page is filtered by; both stand in the address. */
export function FilterBar({ place }: { readonly place: Place }) {
  const { from = 'now-30m', to = '', hostname = '' } = place.filters;
  const [typed, setTyped] = useState(hostname);
  useEffect(() => setTyped(hostname), [hostname]);
  const go = (filters: Readonly<Record<string, string>>) => {
    location.hash = addressOf(place, place.view, { filters });
  };
  const known = to === '' && RANGES.some(([value]) => value === from);
  return (
    <form
      class="filters"
      aria-label="Filters"
      onSubmit={(event) => {
        event.preventDefault();
        go({ hostname: typed.trim().toLowerCase() });
      }}
    >
      <label>
        <span>Time</span>
        <select
          value={known ? from : 'other'}
          onChange={(event) => {
            const { value } = event.currentTarget;
            if (value !== 'other') go({ from: value === 'now-30m' ? '' : value, to: '' });
          }}
        >
          {RANGES.map(([value, name]) => (
            <option key={value} value={value}>
              {name}
            </option>
          ))}
          {!known && <option value="other">{`${from} to ${to === '' ? 'now' : to}`}</option>}
        </select>
      </label>
      <label>
        <span>Host</span>
        <input
          type="search"
          placeholder="All hosts"
          value={typed}
          spellcheck={false}
          onInput={(event) => {
            setTyped(event.currentTarget.value);
            if (event.currentTarget.value === '' && hostname !== '') go({ hostname: '' });
          }}
        />
      </label>
      <span class="live" title="Refreshed every 15 seconds">
        Live · event time
      </span>
    </form>
  );
}
