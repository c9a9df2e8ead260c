import { useState } from 'preact/hooks';
import type { Reason, Scope } from '../../../../contracts/feedback.ts';
import type { SessionView } from '../../../routes.ts';

const REASON_WORDS: Record<Reason, string> = {
  malicious: 'Malicious',
  'red-team': 'Red team',
  misuse: 'Misuse',
  administration: 'Administration',
  'software-update': 'Software update',
  development: 'Development',
  automation: 'Automation',
  'security-tool': 'Security tool',
  unclear: 'Unclear',
  other: 'Other',
};

const SCOPE_WORDS: Record<Scope, string> = {
  window: 'What is shown here alone',
  process: 'A process on this endpoint',
  pattern: 'Everything with this pattern',
};

/** What goes along with a verdict, whichever it is. */
export interface VerdictDraft {
  readonly reason: Reason;
  readonly scope: Scope;
  readonly process: string; // with the scope `process` alone
  readonly notes: string;
  readonly name: string; // of the analyst, where access is open
}

const NAME = 'logster-analyst';

/** A draft that is being filled in. Its note is cleared with `clear`; the name is kept for the next visit. */
export function useDraft() {
  const [draft, setDraft] = useState<VerdictDraft>(() => ({
    ...{ reason: 'other', scope: 'window', process: '', notes: '' },
    name: localStorage.getItem(NAME) ?? 'analyst',
  }));
  return {
    draft,
    change(fields: Partial<VerdictDraft>) {
      if (fields.name !== undefined) localStorage.setItem(NAME, fields.name);
      setDraft((before) => ({ ...before, ...fields }));
    },
    clear: () => setDraft((before) => ({ ...before, notes: '' })),
  };
}

/** Who a change is signed by. */
export function analystOf({ name }: VerdictDraft, session: SessionView): string {
  return session.access === 'configured' ? session.name : name.trim() || 'analyst';
}

/** The part of a verdict's body that the draft decides. */
export function bodyOf(draft: VerdictDraft, session: SessionView) {
  const { reason, scope, process, notes } = draft;
  const analyst = analystOf(draft, session);
  return { reason, scope, notes, analyst, ...(scope === 'process' && { process: process.trim() }) };
}

/** Inputs for reason, scope, note and, where access is open, the analyst's name. */
export function VerdictFields({
  draft,
  session,
  onChange,
}: {
  readonly draft: VerdictDraft;
  readonly session: SessionView;
  readonly onChange: (fields: Partial<VerdictDraft>) => void;
}) {
  return (
    <>
      <label>
        Reason
        <select
          value={draft.reason}
          onChange={(event) => onChange({ reason: keyOf(REASON_WORDS, event.currentTarget.value) })}
        >
          <Options words={REASON_WORDS} />
        </select>
      </label>
      <label>
        Holds for
        <select
          value={draft.scope}
          onChange={(event) => onChange({ scope: keyOf(SCOPE_WORDS, event.currentTarget.value) })}
        >
          <Options words={SCOPE_WORDS} />
        </select>
      </label>
      {draft.scope === 'process' && (
        <label>
          Process
          <input
            maxLength={256}
            value={draft.process}
            placeholder="backup.exe"
            onInput={(event) => onChange({ process: event.currentTarget.value })}
          />
        </label>
      )}
      <label>
        Note
        <textarea
          rows={2}
          maxLength={4000}
          value={draft.notes}
          placeholder="What speaks for it?"
          onInput={(event) => onChange({ notes: event.currentTarget.value })}
        />
      </label>
      {session.access === 'open' && (
        <label>
          Your name
          <input
            maxLength={128}
            value={draft.name}
            onInput={(event) => onChange({ name: event.currentTarget.value })}
          />
        </label>
      )}
    </>
  );
}

function Options({ words }: { readonly words: Readonly<Record<string, string>> }) {
  return (
    <>
      {Object.entries(words).map(([value, text]) => (
        <option key={value} value={value}>
          {text}
        </option>
      ))}
    </>
  );
}

/** The key that an option's value names; values come from the same words. */
function keyOf<K extends string>(words: Readonly<Record<K, string>>, value: string): K {
  for (const key in words) if (key === value) return key;
  throw new Error(`There is no option ${value}`);
}
