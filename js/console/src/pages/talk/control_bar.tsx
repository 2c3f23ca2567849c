/** Who one talks to, the button that begins and ends it, and what is going on. */

import type { JSX } from "preact";
import { useEffect } from "preact/hooks";
import { announce, Button, IconButton, Select, Slider } from "../../ui/index.js";
import { type Activity, activityOf } from "./activity.js";
import type { Talk } from "./conversation.js";
import { Elapsed } from "./elapsed.js";
import type { Engine } from "./engines.js";
import { LevelStrip } from "./level_strip.js";
import type { TalkSettings } from "./settings.js";
import { pictureOf } from "./turn_picture.js";

interface ControlBarProps {
  talk: Talk;
  clock: () => number;
  engines: readonly Engine[];
  engine: Engine | undefined;
  settings: TalkSettings;
  /** Who would serve it, in words. */
  servers: string;
  onChange: (changes: Partial<TalkSettings>) => void;
  onStart: () => void;
  onSettings: () => void;
}

export function ControlBar(props: ControlBarProps): JSX.Element {
  const { talk, engine } = props;
  const activity = useActivity(talk, props.clock);
  const phase = talk.phase.value;
  const isIdle = phase === "idle";
  return (
    <section class={`talk-bar talk-${activity.kind}`} aria-label="Conversation controls">
      <div class="talk-bar-main">
        <Button
          kind={isIdle ? "primary" : "danger"}
          size="large"
          icon={isIdle ? "mic" : "phoneDown"}
          busy={phase === "ending"}
          disabled={isIdle && (engine === undefined || engine.obstacle !== null)}
          onClick={() => (isIdle ? props.onStart() : void talk.stop())}
        >
          {isIdle ? "Start" : phase === "starting" ? "Cancel" : "Stop"}
        </Button>
        <div class="talk-now">
          <span class="talk-activity">
            <span class="talk-dot" aria-hidden="true" />
            {activity.words}
          </span>
          {phase === "live" && <Elapsed talk={talk} clock={props.clock} />}
        </div>
        <LevelStrip talk={talk} />
      </div>
      <div class="talk-bar-choices">
        <div class="talk-engine">
          <Select
            label="Talk to"
            value={engine?.id ?? ""}
            choices={props.engines.map((one) => ({ value: one.id, label: one.label, disabled: one.obstacle !== null }))}
            onChange={(id) => props.onChange({ engine: id })}
          />
          <p class="talk-servers">{props.servers}</p>
        </div>
        <div class="talk-sound">
          <IconButton
            icon={talk.muted.value ? "micOff" : "mic"}
            label={talk.muted.value ? "Unmute the microphone (M)" : "Mute the microphone (M)"}
            pressed={talk.muted.value}
            onClick={() => talk.mute(!talk.muted.value)}
          />
          <Slider
            label="Volume"
            labelHidden
            value={props.settings.volume}
            min={0}
            max={1}
            step={0.05}
            format={(volume) => `${Math.round(volume * 100)} %`}
            onInput={(volume) => props.onChange({ volume })}
          />
          <Button icon="more" onClick={props.onSettings}>
            Settings
          </Button>
        </div>
      </div>
    </section>
  );
}

function useActivity(talk: Talk, clock: () => number): Activity {
  const newest = talk.turns.value.all.at(-1);
  const activity = activityOf({
    phase: talk.phase.value,
    reconnecting: talk.reconnecting.value,
    speaking: talk.mode.value === "speaking",
    muted: talk.muted.value,
    picture: newest === undefined ? null : pictureOf(newest, clock()),
  });
  // The agent is heard; what cannot be heard is read out.
  const isTold = activity.kind === "busy" || activity.kind === "lost" || activity.kind === "idle";
  const told = isTold ? activity.words : "Connected";
  useEffect(() => {
    if (told !== "Ready") announce(told);
  }, [told]);
  return activity;
}
