/** Pages come when they are first visited. */

import type { ComponentType, JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import { Button, Notice, Page, Skeleton } from "../ui/index.js";
import { PLACES } from "./navigation.js";
import { type PageId, route } from "./router.js";

const LOADERS: Record<PageId, () => Promise<ComponentType>> = {
  talk: async () => (await import("../pages/talk/index.js")).TalkPage,
  routing: async () => (await import("../pages/routing/index.js")).RoutingPage,
  providers: async () => (await import("../pages/providers/index.js")).ProvidersPage,
  keys: async () => (await import("../pages/keys/index.js")).KeysPage,
  sessions: async () => (await import("../pages/sessions/index.js")).SessionsPage,
  usage: async () => (await import("../pages/usage/index.js")).UsagePage,
  docs: async () => (await import("../pages/docs/index.js")).DocsPage,
};

const loaded = new Map<PageId, ComponentType>();

/** The page of the address. */
export function CurrentPage(): JSX.Element {
  const { page, parts } = route.value;
  const [failed, setFailed] = useState(false);
  const [, rerender] = useState(0);
  const Shown = loaded.get(page);

  useEffect(() => {
    setFailed(false);
    if (loaded.has(page)) {
      return;
    }
    let here = true;
    LOADERS[page]()
      .then((component) => {
        loaded.set(page, component);
        if (here) {
          rerender((count) => count + 1);
        }
      })
      .catch(() => {
        if (here) {
          setFailed(true);
        }
      });
    return () => {
      here = false;
    };
  }, [page]);

  useArrival(`${page}/${parts.join("/")}`, PLACES[page].name, Shown !== undefined);

  if (Shown) {
    return <Shown key={page} />;
  }
  return (
    <Page title={PLACES[page].name}>
      {failed ? (
        <Notice tone="error" action={<Button onClick={() => location.reload()}>Load again</Button>}>
          This page could not be loaded: the gateway does not answer, or a newer version of it is running.
        </Notice>
      ) : (
        <Skeleton lines={4} label="Loading the page" />
      )}
    </Page>
  );
}

let arrivals = 0;

/** Names the document and moves the focus to the page's heading, but for the first page: nobody asked for it yet. */
function useArrival(place: string, name: string, ready: boolean): void {
  useEffect(() => {
    document.title = `${name} – speko`;
    if (!ready) {
      return;
    }
    arrivals += 1;
    if (arrivals > 1) {
      scrollTo(0, 0);
      document.querySelector<HTMLElement>("main h1")?.focus({ preventScroll: true });
    }
  }, [place, ready]);
}
