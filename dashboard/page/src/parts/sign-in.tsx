import { useState } from 'preact/hooks';
import { keepKey } from '../fetch-json.ts';

/** Asks for a key or token; it stays in this tab. */
export function SignIn({ reason, onKey }: { readonly reason: string; readonly onKey: () => void }) {
  const [key, setKey] = useState('');
  const send = (event: Event) => {
    event.preventDefault();
    keepKey(key.trim());
    onKey();
  };
  return (
    <form class="panel sign-in" onSubmit={send}>
      <h1>Sign in</h1>
      <p>This dashboard needs an API key or an OpenID Connect token. It is kept in this tab only.</p>
      <label>
        Key or token
        <input
          type="password"
          autoComplete="off"
          required
          value={key}
          onInput={(event) => setKey(event.currentTarget.value)}
        />
      </label>
      <button type="submit" class="primary">
        Sign in
      </button>
      <p class="muted" role="status">
        {reason}
      </p>
    </form>
  );
}
