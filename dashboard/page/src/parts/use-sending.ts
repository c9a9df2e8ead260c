import { useState } from 'preact/hooks';
import { fetchJson, Refused } from '../fetch-json.ts';

export interface Sending {
  readonly busy: boolean;
  /** What became of the last one, in words. */
  readonly said: { readonly ok: boolean; readonly text: string } | undefined;
  /** Sends a change and says `done`, or what the server refused it with. True when it was done. */
  send(
    path: string,
    change: { readonly method: 'POST' | 'PATCH'; readonly body: object },
    done: string,
  ): Promise<boolean>;
}

/** One change after the other, with what became of it. */
export function useSending(): Sending {
  const [busy, setBusy] = useState(false);
  const [said, setSaid] = useState<Sending['said']>();
  return {
    busy,
    said,
    async send(path, change, done) {
      setBusy(true);
      setSaid(undefined);
      try {
        await fetchJson(path, change);
        setSaid({ ok: true, text: done });
        return true;
      } catch (thrown) {
        setSaid({ ok: false, text: thrown instanceof Refused ? thrown.message : String(thrown) });
        return false;
      } finally {
        setBusy(false);
      }
    },
  };
}
