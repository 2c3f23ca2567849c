/** Who one talks to, the button that begins and ends it, and what is going on. */

import type { JSX } from "preact";
import { useEffect } from "preact/hooks";
import { hrefTo } from "../../shell/router.js";
import { announce, Button, Icon, IconButton, Select, Slider } from "../../ui/index.js";
import { type Activity, activityOf } from "./activity.js";
import type { Talk } from "./conversation.js";
import { Elapsed } from "./elapsed.js";
import type { Engine } from "./engines.js";
import { LevelStrip } from "./level_strip.js";
import { pictureOf } from "./turn_picture.js";

interface ControlBarProps {
  talk: Talk;
  clock: () => number;
  canStart: boolean;
  volume: number;
  onVolume: (volume: number) => void;
  onStart: () => void;
  onSettings: () => void;
}

/** Begins and ends the conversation, and shows what goes on in it. */
export function ControlBar(props: ControlBarProps): JSX.Element {
  const { talk } = props;
  const activity = useActivity(talk, props.clock);
  const phase = talk.phase.value;
  const isIdle = phase === "idle";
  return (
    <section class={`talk-bar talk-${activity.kind}`} aria-label="Conversation controls">
      <Button
        kind={isIdle ? "primary" : "danger"}
        size="large"
        icon={isIdle ? "mic" : "phoneDown"}
        busy={phase === "ending"}
        disabled={isIdle && !props.canStart}
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
        {isIdle && talk.connectedAt.value !== null && talk.session.value !== null && (
          <a class="talk-detail" href={hrefTo("sessions", talk.session.value.sessionId)}>
            The last session in detail
          </a>
        )}
      </div>
      <LevelStrip talk={talk} />
      <div class="talk-sound">
        <IconButton
          icon={talk.muted.value ? "micOff" : "mic"}
          label="Mute the microphone (M)"
          pressed={talk.muted.value}
          onClick={() => talk.mute(!talk.muted.value)}
        />
        <Icon name="speaker" />
        <Slider
          label="Volume"
          labelHidden
          value={props.volume}
          min={0}
          max={1}
          step={0.05}
          format={(volume) => `${Math.round(volume * 100)} %`}
          onInput={props.onVolume}
        />
        <Button onClick={props.onSettings}>Settings</Button>
      </div>
    </section>
  );
}

/** Who one talks to, and who that would be. */
export function EngineChoice(props: {
  engines: readonly Engine[];
  engine: Engine | undefined;
  servers: string;
  onChoose: (id: string) => void;
}): JSX.Element {
  return (
    <div class="talk-engine">
      <Select
        label="Talk to"
        value={props.engine?.id ?? ""}
        choices={props.engines.map((one) => ({ value: one.id, label: one.label, disabled: one.obstacle !== null }))}
        onChange={props.onChoose}
      />
      <p class="talk-servers">{props.servers}</p>
    </div>
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
