import type { Refused } from '../fetch-json.ts';
import { addressOf, type Place } from '../route.ts';

/** Something is on its way. Shown late, so that a quick answer does not flash. */
export function Loading({ what }: { readonly what: string }) {
  return (
    <p class="state loading" role="status">
      Loading {what} …
    </p>
  );
}

/** A request failed: the server's own words, and the way out. */
export function Problem({ of, again }: { readonly of: Refused; readonly again?: () => void }) {
  return (
    <div class="state problem" role="alert">
      <p>{of.message}</p>
      {again && (
        <button type="button" onClick={again}>
          Try again
        </button>
      )}
    </div>
  );
}

/** An earlier answer is shown because the latest request failed. */
export function Stale({ of }: { readonly of: Refused | undefined }) {
  if (!of) return null;
  return (
    <p class="state stale" role="status">
      Not up to date: {of.message}
    </p>
  );
}

/** Nothing lies in the range; offers all of time, since captures that are replayed may be years old. */
export function Nothing({ place, what }: { readonly place: Place; readonly what: string }) {
  const everything = place.filters.from === '0' && !place.filters.to;
  return (
    <div class="state nothing">
      <p>
        {everything ? `There are no ${what} yet.` : `There are no ${what} in this range of time.`}
        {place.filters.hostname ? ` Only ${place.filters.hostname} is shown.` : ''}
      </p>
      {!everything && (
        <a class="button" href={addressOf(place, place.view, { filters: { from: '0', to: '' } })}>
          Show all time
        </a>
      )}
      {place.filters.hostname && (
        <a class="button" href={addressOf(place, place.view, { filters: { hostname: '' } })}>
          Show all hosts
        </a>
      )}
    </div>
  );
}
