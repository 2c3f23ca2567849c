/** Light, dark, or as the system has it: kept in this browser, applied as `data-theme` of the document. */

import { signal } from "@preact/signals";

export const THEMES = ["system", "light", "dark"] as const;

export type Theme = (typeof THEMES)[number];

const KEY = "speko.theme";

export const theme = signal<Theme>("system");

/** Applies what was chosen before. */
export function restoreTheme(): void {
  apply(asTheme(stored()));
}

/** Applies a theme and keeps it. */
export function chooseTheme(chosen: Theme): void {
  apply(chosen);
  try {
    localStorage.setItem(KEY, chosen);
  } catch {
    // A browser that keeps nothing: the choice holds until the page is left.
  }
}

export function asTheme(value: string | null): Theme {
  return THEMES.find((known) => known === value) ?? "system";
}

function apply(chosen: Theme): void {
  theme.value = chosen;
  if (chosen === "system") {
    delete document.documentElement.dataset.theme;
  } else {
    document.documentElement.dataset.theme = chosen;
  }
}

function stored(): string | null {
  try {
    return localStorage.getItem(KEY);
  } catch {
    return null;
  }
}
