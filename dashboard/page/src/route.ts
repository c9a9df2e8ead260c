import { useEffect, useState } from 'preact/hooks';

export const VIEWS = [
  'summary',
  'hosts',
  'timeline',
  'attacks',
  'alerts',
  'queue',
  'models',
  'inference',
  'alert',
] as const;
export type View = (typeof VIEWS)[number];

/** Where the reader is: a view, the thing it shows, and what everything is filtered by. It all stands in the address. */
export interface Place {
  readonly view: View;
  readonly id: string;
  readonly filters: Readonly<Record<string, string>>; // from, to, hostname, and a view's own
}

/** Filters that go along from view to view. */
const SHARED = ['from', 'to', 'hostname'];

/** Reads `#/view/id?filters`; what it does not know becomes the summary. */
export function placeOf(hash: string): Place {
  const [path = '', query = ''] = hash.replace(/^#\/?/, '').split('?', 2);
  const [name = '', id = ''] = path.split('/', 2);
  const named = VIEWS.find((known) => known === name) ?? 'summary';
  const view = id !== '' ? named : named === 'inference' ? 'attacks' : named === 'alert' ? 'alerts' : named;
  return { view, id: decoded(id), filters: Object.fromEntries(new URLSearchParams(query)) };
}

/** The address of a view; shared filters of `place` go along unless `filters` says otherwise ('' drops one). */
export function addressOf(
  place: Place,
  view: View,
  {
    id = '',
    filters = {},
  }: { readonly id?: string; readonly filters?: Readonly<Record<string, string>> } = {},
): string {
  const kept = Object.entries(place.filters).filter(([name]) => SHARED.includes(name) || view === place.view);
  const all = Object.entries({ ...Object.fromEntries(kept), ...filters }).filter(([, value]) => value !== '');
  const query = new URLSearchParams(all).toString();
  return `#/${view}${id === '' ? '' : `/${encodeURIComponent(id)}`}${query === '' ? '' : `?${query}`}`;
}

/** The place in the address bar, live. */
export function usePlace(): Place {
  const [place, setPlace] = useState(() => placeOf(location.hash));
  useEffect(() => {
    const follow = () => setPlace(placeOf(location.hash));
    addEventListener('hashchange', follow);
    return () => removeEventListener('hashchange', follow);
  }, []);
  return place;
}

/** The query string of a request: the shared filters of a place and more. */
export function queryOf(place: Place, more: Readonly<Record<string, string>> = {}): string {
  const shared = Object.entries(place.filters).filter(
    ([name, value]) => SHARED.includes(name) && value !== '',
  );
  return new URLSearchParams([...shared, ...Object.entries(more)]).toString();
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text; // a stray % in a typed address is just a character
  }
}
