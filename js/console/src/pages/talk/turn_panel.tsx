/** Where the time of a turn goes: the turn that runs or was last, large, and those before it. */

import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import type { Part } from "../../turn/parts.js";
import { Panel } from "../../ui/index.js";
import type { Talk } from "./conversation.js";
import { CASCADE, medianHeard, SPEECH_TO_SPEECH } from "./lanes.js";
import { useTicker } from "./ticker.js";
import { TurnHistory, titleOf } from "./turn_history.js";
import { pictureOf, type TurnPicture, YOUR_PARTS } from "./turn_picture.js";
import { TurnView } from "./turn_view.js";

const MOST_SHOWN = 20;

/** `clock`: the conversation's. */
export function TurnPanel({ talk, clock }: { talk: Talk; clock: () => number }): JSX.Element {
  const [chosen, setChosen] = useState<number | null>(null);
  const now = clock();
  const isCascade = talk.asked.value?.engine.kind !== "vendor";
  const pictures = talk.turns.value.all.slice(-MOST_SHOWN).map((turn) => pictureOf(turn, now, isCascade));
  const newest = pictures.at(-1);
  const isMoving = pictures.some((picture) => picture.live);
  useTicker(isMoving && talk.phase.value === "live");
  // Whoever looks at an old turn is brought back by the next one.
  useEffect(() => setChosen(null), [newest?.id]);
  const shown = pictures.find((picture) => picture.id === chosen) ?? newest;
  return (
    <Panel title="Where the time goes" actions={<Median pictures={pictures} />}>
      {shown === undefined ? (
        <Legend />
      ) : (
        <>
          <Headline
            picture={shown}
            now={now}
            zero={talk.turns.value.all.find((turn) => turn.id === shown.id)?.zero ?? null}
          />
          <TurnView picture={shown} expected={expectedOf(shown, isCascade)} />
          {pictures.length > 1 && <TurnHistory pictures={pictures} shown={shown.id} onShow={setChosen} />}
          <p class="turn-note">
            Zero is the end of your speech as the gateway heard it; the first sound is taken by this browser’s clock.
          </p>
        </>
      )}
    </Panel>
  );
}

function Headline(props: { picture: TurnPicture; now: number; zero: number | null }): JSX.Element {
  const { picture, now, zero } = props;
  return (
    <div class="turn-headline">
      <span class="turn-title">{titleOf(picture)}</span>
      <span class="turn-number">
        {picture.kind !== "unasked" && <strong>{numberOf(picture, now, zero)}</strong>}
        <span>{captionOf(picture)}</span>
      </span>
    </div>
  );
}

function numberOf(picture: TurnPicture, now: number, zero: number | null): string {
  if (picture.heardMs !== null) return `${whole(picture.heardMs)} ms`;
  const isWaiting = picture.segments.some((segment) => segment.part === "waiting" || segment.part === "tool");
  return picture.live && isWaiting && zero !== null ? `${whole(now - zero)} ms` : "–";
}

function whole(ms: number): string {
  return Math.round(ms).toLocaleString("en");
}

function captionOf(picture: TurnPicture): string {
  if (picture.kind === "unasked") return "nobody waited for it";
  if (picture.queued) return "stood in line behind the answer before";
  const since = picture.kind === "typed" ? "from sending" : "from the end of your speech";
  return `${since} to the first sound${picture.cutMs === null ? "" : "; interrupted"}`;
}

function Median({ pictures }: { pictures: readonly TurnPicture[] }): JSX.Element | null {
  const median = medianHeard(pictures);
  const known = pictures.filter((picture) => picture.heardMs !== null).length;
  if (median === null || known < 2) return null;
  return (
    <span class="turn-median">
      median <strong>{whole(median)} ms</strong> of {known} turns
    </span>
  );
}

/** Which rows a turn like this one has. */
function expectedOf(picture: TurnPicture, isCascade: boolean): readonly Part[] {
  const isEngine = picture.segments.some((segment) => segment.part === "engine");
  return isEngine || !isCascade ? SPEECH_TO_SPEECH : CASCADE;
}

const MEANINGS: ReadonlyArray<readonly [Part, string]> = [
  ["speech", "from your first sound to your last"],
  ["endpointing", "the silence that ends your turn"],
  ["recognition", "speech to text"],
  ["model", "until its first word"],
  ["synthesis", "until its first sound"],
  ["playout", "network and buffer, until you hear it"],
  ["answer", "talk over it to interrupt"],
];

/** Before there is anything to draw. */
function Legend(): JSX.Element {
  return (
    <div class="turn-legend">
      <p>Each turn is drawn here while it happens, from the end of your speech to the first sound of the answer.</p>
      <dl>
        {MEANINGS.map(([part, meaning]) => (
          <div key={part} class={`part-${part}`}>
            <dt>{YOUR_PARTS[part]}</dt>
            <dd>{meaning}</dd>
          </div>
        ))}
      </dl>
    </div>
  );
}
