/** Puts the raw lines of auditd(8) to the sessions they belong to. */
export interface AuditReader {
  readonly line: (text: string) => void;
  /** Hands over the events whose last line came more than `seconds` ago; all of them without. */
  readonly flush: (seconds?: number) => void;
}

interface Waiting {
  lines: string[];
  loginId: number | null;
  at: number; // when its last line came, milliseconds
}

/** Lines of one event share a serial; one of them names the login id. `now` gives milliseconds. */
export function auditReader(
  now: () => number,
  emit: (loginId: number, lines: readonly string[]) => void,
): AuditReader {
  const waiting = new Map<string, Waiting>();
  return {
    line(text) {
      const serial = /msg=audit\((\d+\.\d+:\d+)\)/.exec(text)?.[1];
      if (serial === undefined) return;
      const event = waiting.get(serial) ?? { lines: [], loginId: null, at: 0 };
      const loginId = /\bauid=(\d+)/.exec(text)?.[1];
      if (loginId !== undefined && text.startsWith('type=')) event.loginId ??= Number(loginId);
      if (!text.startsWith('type=EOE')) event.lines.push(text);
      event.at = now();
      waiting.set(serial, event);
    },
    flush(seconds = -1) {
      const before = now() - seconds * 1_000;
      for (const [serial, { lines, loginId, at }] of waiting) {
        if (at > before) continue;
        waiting.delete(serial);
        if (loginId !== null && lines.length > 0) emit(loginId, lines);
      }
    },
  };
}
