/** The way in: the link that the gateway printed, or an API key. */

import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { problemText } from "../api/problem.js";
import { login, loginReason } from "../api/session.js";
import { Mark, ThemeSwitch } from "../shell/shell.js";
import { Button, Notice, TextField } from "../ui/index.js";

export function LoginPage(): JSX.Element {
  const [key, setKey] = useState("");
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<string | null>(null);

  const submit = async (event: SubmitEvent): Promise<void> => {
    event.preventDefault();
    if (key.trim() === "") {
      setError("Paste an API key. It starts with sk_live_.");
      return;
    }
    setBusy(true);
    setError(null);
    try {
      await login({ apiKey: key.trim() });
    } catch (problem) {
      setError(problemText(problem));
      setBusy(false);
    }
  };

  return (
    <main class="door">
      <div class="door-box">
        <header class="door-head">
          <Mark />
          <h1>Sign in to speko</h1>
          <ThemeSwitch />
        </header>
        {loginReason.value && <Notice tone="warn">{loginReason.value}</Notice>}
        <p>
          <strong>From the terminal.</strong> Each start of <code>speko serve</code> prints a link. Open it and you are
          signed in; it works once.
        </p>
        <form onSubmit={submit} class="stack" noValidate>
          <TextField
            label="Or with an API key"
            secret
            value={key}
            onInput={setKey}
            placeholder="sk_live_…"
            error={error}
            hint={
              <>
                No key yet? <code>speko keys create --name me</code> makes one in the terminal.
              </>
            }
          />
          <Button type="submit" kind="primary" busy={busy}>
            Sign in
          </Button>
        </form>
      </div>
    </main>
  );
}
