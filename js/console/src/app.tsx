/** The console: asks who is signed in, then shows the login page or the page of the address. */

import { signal } from "@preact/signals";
import type { JSX } from "preact";
import { problemText } from "./api/problem.js";
import { login, loginReason, restoreSession, session } from "./api/session.js";
import { LoginPage } from "./login/index.js";
import { CurrentPage } from "./shell/page_loader.js";
import { Shell } from "./shell/shell.js";
import { Announcer, Button, Notice, Spinner } from "./ui/index.js";

/** Why it is not known who is signed in. */
const unreachable = signal<string | null>(null);

/** Signs in with the one-time token of a printed link, else by the cookie of an earlier visit. */
export async function enter(token: string | null): Promise<void> {
  unreachable.value = null;
  const refused = token === null ? null : await login({ token }).catch(problemText);
  if (session.value) {
    return;
  }
  try {
    await restoreSession();
    // A link that was used before is no matter to somebody who is signed in already.
    loginReason.value = session.value ? null : (refused ?? null);
  } catch (problem) {
    unreachable.value = problemText(problem);
  }
}

export function App(): JSX.Element {
  return (
    <>
      <Announcer />
      <Content />
    </>
  );
}

function Content(): JSX.Element {
  if (session.value) {
    return (
      <Shell>
        <CurrentPage />
      </Shell>
    );
  }
  if (session.value === null) {
    return <LoginPage />;
  }
  return (
    <main class="door">
      {unreachable.value ? (
        <Notice tone="error" title="No answer" action={<Button onClick={() => enter(null)}>Try again</Button>}>
          {unreachable.value}
        </Notice>
      ) : (
        <Spinner label="Connecting" />
      )}
    </main>
  );
}
