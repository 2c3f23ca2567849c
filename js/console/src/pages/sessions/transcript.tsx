/** What was said, where it is kept. */

import type { Turn } from "@spekoai/sdk";
import type { JSX } from "preact";
import { Badge, Panel } from "../../ui/index.js";
import { epoch } from "./waterfall.js";

export function Transcript(props: { turns: readonly Turn[]; spoken: boolean; live: boolean }): JSX.Element {
  return (
    <Panel title="Transcript">
      {props.turns.length > 0 ? (
        <ol class="transcript">
          {props.turns.map((turn) => (
            <Words key={turn.id} turn={turn} />
          ))}
        </ol>
      ) : (
        <p class="soft">
          {!props.spoken && (props.live ? "Nothing was said yet. " : "Nothing was said. ")}
          This gateway keeps the words of a session when it is started with <code>SPEKO_STORE_TRANSCRIPTS=true</code>,
          and else the timings alone.
        </p>
      )}
    </Panel>
  );
}

const SOURCES: Record<string, string> = { user: "User", agent: "Agent", system: "System" };

function Words({ turn }: { turn: Turn }): JSX.Element {
  const at = epoch(turn.startedAt);
  return (
    <li class={`words words-${turn.source}`}>
      <span class="words-who">{SOURCES[turn.source] ?? turn.source}</span>
      <div>
        <p>{turn.text}</p>
        {turn.toolCalls.map((call, place) => (
          <p key={place} class="small soft">
            called <code>{call.name}</code>
          </p>
        ))}
        {turn.latencyStatus === "interrupted" && <Badge tone="warn">interrupted</Badge>}
      </div>
      {at !== null && (
        <time class="small faint" dateTime={turn.startedAt}>
          {new Date(at).toLocaleTimeString("en-GB")}
        </time>
      )}
    </li>
  );
}
