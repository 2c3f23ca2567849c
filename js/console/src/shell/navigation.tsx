/** The way round the console: at the left, or at the foot of a phone. */

import type { JSX } from "preact";
import { Icon, type IconName } from "../ui/index.js";
import { hrefTo, type PageId, route } from "./router.js";

interface Place {
  name: string;
  /** Where the width of a phone is shared by all of them. */
  short?: string;
  icon: IconName;
}

export const PLACES: Record<PageId, Place> = {
  talk: { name: "Talk", icon: "talk" },
  routing: { name: "Routing", icon: "routing" },
  providers: { name: "Providers", icon: "providers" },
  keys: { name: "API keys", short: "Keys", icon: "key" },
  sessions: { name: "Sessions", icon: "sessions" },
  usage: { name: "Usage", icon: "usage" },
  docs: { name: "Docs", icon: "docs" },
};

export function Navigation(): JSX.Element {
  const here = route.value.page;
  return (
    <nav class="navigation" aria-label="Console">
      <ul>
        {(Object.entries(PLACES) as [PageId, Place][]).map(([id, place]) => (
          <li key={id}>
            <a href={hrefTo(id)} aria-current={id === here ? "page" : undefined}>
              <Icon name={place.icon} />
              <span class={place.short ? "long-name" : ""}>{place.name}</span>
              {place.short && (
                <span class="short-name" aria-hidden="true">
                  {place.short}
                </span>
              )}
            </a>
          </li>
        ))}
      </ul>
    </nav>
  );
}
