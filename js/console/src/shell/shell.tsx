/** What stands round every page: the name, the way round, who is signed in, the theme, the way out. */

import type { ComponentChildren, JSX } from "preact";
import { logout, session } from "../api/session.js";
import { announce, IconButton, type IconName } from "../ui/index.js";
import { Navigation } from "./navigation.js";
import { chooseTheme, THEMES, type Theme, theme } from "./theme.js";

export function Shell({ children }: { children: ComponentChildren }): JSX.Element {
  return (
    <div class="shell">
      {/* biome-ignore lint/a11y/useValidAnchor: a link it is; only the address belongs to the router. */}
      <a class="skip-link" href="#main" onClick={skip}>
        Skip to the page
      </a>
      <header class="sidebar">
        <div class="brand">
          <Mark />
          <span>speko</span>
        </div>
        <Navigation />
        <Foot />
      </header>
      <main id="main" tabIndex={-1}>
        {children}
      </main>
    </div>
  );
}

/** The sign of the console. */
export function Mark(): JSX.Element {
  return (
    <svg class="mark" viewBox="0 0 32 32" width="28" height="28" aria-hidden="true" focusable="false">
      <rect width="32" height="32" rx="8" />
      <path d="M8 14v4M13.3 10v12M18.7 7v18M24 13v6" />
    </svg>
  );
}

function Foot(): JSX.Element {
  const signedIn = session.value;
  return (
    <div class="sidebar-foot">
      <div class="account">
        <span class="account-name" title={signedIn?.organization.name}>
          {signedIn?.organization.name}
        </span>
        <span class="account-version">speko {signedIn?.version}</span>
      </div>
      <div class="sidebar-buttons">
        <ThemeSwitch />
        <IconButton icon="signOut" label="Sign out" onClick={signOut} />
      </div>
    </div>
  );
}

const NEXT: Record<Theme, { icon: IconName; words: string }> = {
  system: { icon: "system", words: "as the system has it" },
  light: { icon: "sun", words: "light" },
  dark: { icon: "moon", words: "dark" },
};

/** One button that goes through the three themes. */
export function ThemeSwitch(): JSX.Element {
  const current = theme.value;
  const next = THEMES[(THEMES.indexOf(current) + 1) % THEMES.length] ?? "system";
  return (
    <IconButton
      icon={NEXT[current].icon}
      label={`Theme: ${NEXT[current].words}. Change to ${NEXT[next].words}`}
      onClick={() => {
        chooseTheme(next);
        announce(`Theme: ${NEXT[next].words}`);
      }}
    />
  );
}

/** The address is the router's: the link moves the focus, not the hash. */
function skip(event: MouseEvent): void {
  event.preventDefault();
  document.getElementById("main")?.focus();
}

async function signOut(): Promise<void> {
  try {
    await logout();
  } catch {
    announce("Signed out here. The gateway did not confirm it; its session ends by itself.");
  }
}
