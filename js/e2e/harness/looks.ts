/** How a page looks and how it can be used: pictures, accessibility, narrow screens, the keyboard. */

import { mkdirSync, writeFileSync } from "node:fs";
import axe, { type AxeResults } from "axe-core";
import type { Locator, Page } from "playwright-core";
import { expect } from "vitest";
import { DESKTOP } from "./console.js";
import { DOCS_IMAGES, SCREENSHOTS } from "./paths.js";

const PHONE = { width: 390, height: 844 };
/** The narrowest screen that everything must fit on. */
const NARROWEST = { width: 360, height: 740 };
/** Pictures that the docs show, and under which name. */
const IN_DOCS: Record<string, string> = {
  talk: "talk.png",
  "talk-dark": "talk-dark.png",
  routing: "routing.png",
  "providers-tested": "providers.png",
  session: "sessions.png",
  usage: "usage.png",
};
/** More elements than this are on no page. */
const MOST_TABS = 400;

/**
 * Everything that holds for every page: no serious finding of axe in light and dark, nothing to scroll sideways at
 * 360 px, every control in reach of Tab. Leaves pictures `<name>.png`, `<name>-dark.png` and `<name>-phone.png`.
 */
export async function expectGoodLooks(page: Page, name: string): Promise<void> {
  for (const scheme of ["light", "dark"] as const) {
    await page.emulateMedia({ colorScheme: scheme });
    await endTransitions(page);
    expect.soft(await accessibilityFindings(page), `${name}, ${scheme}: axe`).toEqual([]);
    await shoot(page, scheme === "light" ? name : `${name}-dark`);
  }
  await page.emulateMedia({ colorScheme: "light" });
  await page.setViewportSize(PHONE);
  await shoot(page, `${name}-phone`);
  expect.soft(await accessibilityFindings(page), `${name}, on a phone: axe`).toEqual([]);
  await page.setViewportSize(NARROWEST);
  expect.soft(await tooWide(page), `${name}: what is wider than ${NARROWEST.width} px`).toEqual([]);
  await page.setViewportSize(DESKTOP);
  // Last: it scrolls, and opens what opens on focus.
  expect.soft(await unreachable(page), `${name}: what Tab does not reach`).toEqual([]);
}

/** A picture of what is on the screen, kept as output of the tests; with `DOCS_IMAGES=1` the docs get theirs anew. */
export async function shoot(page: Page, name: string): Promise<void> {
  mkdirSync(SCREENSHOTS, { recursive: true });
  await page.mouse.move(0, 0);
  await endTransitions(page);
  const picture = await page.screenshot({ path: `${SCREENSHOTS}${name}.png`, animations: "disabled" });
  const shownIn = IN_DOCS[name];
  if (process.env.DOCS_IMAGES && shownIn !== undefined) {
    mkdirSync(DOCS_IMAGES, { recursive: true });
    writeFileSync(`${DOCS_IMAGES}${shownIn}`, picture);
  }
}

/** Colours that are on their way from one scheme to the other are of neither. */
async function endTransitions(page: Page): Promise<void> {
  await page.evaluate(() => {
    for (const animation of document.getAnimations()) {
      if (animation instanceof CSSTransition) {
        animation.finish();
      }
    }
  });
}

/** Serious and critical findings of axe, one line each. */
async function accessibilityFindings(page: Page): Promise<string[]> {
  // By the debugger: the page's own policy would not let a script in.
  await page.evaluate(`window.axe === undefined && (() => { ${axe.source} })()`);
  const found: AxeResults = await page.evaluate(() =>
    (window as unknown as { axe: typeof axe }).axe.run(document, { resultTypes: ["violations"] }),
  );
  return found.violations
    .filter(({ impact }) => impact === "serious" || impact === "critical")
    .flatMap(({ id, nodes }) => nodes.map((node) => `${id}: ${node.html} ${node.failureSummary}`));
}

/** What makes the page scroll sideways; empty when it does not. */
async function tooWide(page: Page): Promise<string[]> {
  return page.evaluate(() => {
    const { scrollWidth, clientWidth } = document.documentElement;
    if (scrollWidth <= clientWidth) {
      return [];
    }
    const wide = [...document.querySelectorAll("body *")].filter(
      (element) => element.getBoundingClientRect().right > clientWidth + 0.5,
    );
    return [`the page: ${scrollWidth} px`, ...wide.slice(0, 8).map((element) => element.outerHTML.slice(0, 120))];
  });
}

/** Controls in sight that Tab does not come to, and those on which nothing shows that it did. */
async function unreachable(page: Page): Promise<string[]> {
  await page.evaluate(() => {
    const all = document.querySelectorAll<HTMLElement>(
      "a[href], button, input, select, textarea, summary, [tabindex='0']",
    );
    const dialog = document.querySelector("dialog[open]");
    window.awaited = new Set(
      [...all].filter(
        (element) =>
          element.checkVisibility({ visibilityProperty: true }) &&
          !element.matches(":disabled") &&
          // Of tabs one is reached by Tab and the others by arrows.
          !(element.role === "tab" && element.ariaSelected === "false") &&
          (dialog === null || dialog.contains(element)),
      ),
    );
    window.unseen = [];
    getSelection()?.removeAllRanges();
    (document.activeElement as HTMLElement | null)?.blur();
  });
  for (let pressed = 0; pressed < MOST_TABS; pressed += 1) {
    await page.keyboard.press("Tab");
    if (await page.evaluate(noteFocus)) {
      break;
    }
  }
  return page.evaluate(() => {
    (document.activeElement as HTMLElement | null)?.blur();
    return [
      ...[...window.awaited].map((element) => element.outerHTML.slice(0, 120)),
      ...window.unseen.map((html) => `no focus ring: ${html}`),
    ];
  });
}

declare global {
  interface Window {
    awaited: Set<Element>;
    unseen: string[];
  }
}

// Runs in the page. True when everything was reached.
function noteFocus(): boolean {
  const focused = document.activeElement;
  if (focused !== null && focused !== document.body) {
    window.awaited.delete(focused);
  }
  // A shape shows it in its own drawing.
  if (focused instanceof HTMLElement && focused !== document.body) {
    const { outlineStyle, outlineWidth, boxShadow } = getComputedStyle(focused);
    if ((outlineStyle === "none" || outlineWidth === "0px") && boxShadow === "none") {
      window.unseen.push(focused.outerHTML.slice(0, 120));
    }
  }
  return window.awaited.size === 0;
}

/** Presses Tab until the focus is on it; throws when it never comes there. */
export async function tabTo(page: Page, target: Locator): Promise<void> {
  for (let pressed = 0; pressed < MOST_TABS; pressed += 1) {
    if (await target.evaluate((element) => element === document.activeElement)) {
      return;
    }
    await page.keyboard.press("Tab");
  }
  throw new Error(`Tab does not come to ${target}`);
}
