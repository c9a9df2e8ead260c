import { useEffect, useRef, useState } from 'preact/hooks';
import { fetchJson, Refused } from './fetch-json.ts';

/** Often enough to see a new window (one each 30 s and host) soon, seldom enough to leave the server alone. */
const REFRESH_MS = 15_000;

export interface Polled<T> {
  readonly value: T | undefined; // the last answer, kept while the next is under way
  readonly error: Refused | undefined;
  readonly loading: boolean; // nothing to show yet
  refresh(): void;
}

/** Asks for a path now and every 15 s while the tab is seen; a new path starts afresh. */
export function usePolled<T>(path: string, everyMs = REFRESH_MS): Polled<T> {
  const [answer, setAnswer] = useState<{ path: string; value?: T; error?: Refused }>({ path });
  const [turn, setTurn] = useState(0);
  const latest = useRef(path);
  latest.current = path;
  useEffect(() => {
    const ended = new AbortController();
    let timer: ReturnType<typeof setTimeout> | undefined;
    const ask = async () => {
      if (document.visibilityState === 'visible') await askOnce();
      if (!ended.signal.aborted) timer = setTimeout(ask, everyMs);
    };
    const askOnce = async () => {
      try {
        const value = await fetchJson<T>(path, undefined, ended.signal);
        if (latest.current === path) setAnswer({ path, value });
      } catch (thrown) {
        if (ended.signal.aborted) return;
        const error = thrown instanceof Refused ? thrown : new Refused(0, String(thrown));
        setAnswer((before) => (before.path === path ? { ...before, error } : { path, error }));
      }
    };
    const seen = () => {
      if (document.visibilityState === 'visible') void askOnce();
    };
    document.addEventListener('visibilitychange', seen);
    void ask();
    return () => {
      ended.abort();
      clearTimeout(timer);
      document.removeEventListener('visibilitychange', seen);
    };
  }, [path, everyMs, turn]);
  const current = answer.path === path ? answer : undefined;
  return {
    value: current?.value,
    error: current?.error,
    loading: current?.value === undefined && current?.error === undefined,
    refresh: () => setTurn((before) => before + 1),
  };
}
