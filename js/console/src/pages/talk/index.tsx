/** Talk: a conversation with a voice agent, in the browser. */

import { signal } from "@preact/signals";
import { RealtimeVoiceConversation } from "@spekoai/client";
import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import { speko } from "../../api/gateway.js";
import { session } from "../../api/session.js";
import { useLoad } from "../../api/use_load.js";
import { Button, Notice, Page, Unread } from "../../ui/index.js";
import { ControlBar, EngineChoice } from "./control_bar.js";
import { Talk } from "./conversation.js";
import { refreshDevices, useDevices } from "./devices.js";
import { agentStages, type Engine, embeddedStages, engineOf, enginesOf, voicesFor } from "./engines.js";
import { useLeaving, useMuteKey } from "./habits.js";
import { EmbeddedNotice, ProblemNotice } from "./messages.js";
import { serversOf } from "./servers.js";
import { differs, readSettings, type TalkSettings } from "./settings.js";
import { SettingsSheet } from "./settings_sheet.js";
import { TranscriptPanel } from "./transcript_view.js";
import { TurnPanel } from "./turn_panel.js";
import "../../style/talk.css";
import "../../style/talk_sheet.css";
import "../../style/talk_turn.css";
import "../../style/talk_words.css";

const KEPT = "speko.talk";

const clock = (): number => performance.now();

const settings = signal<TalkSettings>(readSettings(kept()));

const talk = new Talk({
  createSession: (params) => speko.sessions.create(params),
  connect: (options) => RealtimeVoiceConversation.create(options),
  clock,
  world: { now: () => new Date(), random: Math.random },
  place: { isSecure: isSecureContext, host: location.hostname, port: location.port || "80" },
});

// What was said outlives the page, so that one can look at another one; the next to sign in is not to read it.
session.subscribe((who) => {
  if (who === null) void talk.forget();
});

export function TalkPage(): JSX.Element {
  const { language, optimizeFor } = settings.value;
  const rows = useLoad(() => speko.providers.list(), []);
  const stack = useLoad(() => speko.benchmarks.stack({ language, optimizeFor }), [language, optimizeFor]);
  const voices = useLoad(() => speko.voices.list(), []);
  const [isOpen, setOpen] = useState(false);
  useDevices();
  useMuteKey(talk);
  useLeaving(talk);
  useEffect(() => void (talk.phase.value === "live" && refreshDevices()), [talk.phase.value]);

  const engines = enginesOf(rows.data ?? []);
  const engine = rows.data ? engineOf(engines, settings.value.engine) : undefined;
  const stages = stack.data && rows.data ? agentStages(stack.data, rows.data) : undefined;
  const embedded = stack.data && rows.data ? embeddedStages(engine, stack.data, rows.data) : [];
  const start = (): void => {
    if (engine !== undefined) void talk.start({ settings: settings.value, engine });
  };
  const isLive = talk.phase.value === "live";
  return (
    <Page
      title="Talk"
      description="A spoken conversation with an agent of this gateway, and where its time goes."
      width="full"
      actions={
        <EngineChoice
          engines={engines}
          engine={engine}
          servers={serversOf(engine, stack.data, rows.data)}
          onChoose={(id) => change({ engine: id })}
        />
      }
    >
      <div class="talk">
        <ControlBar
          talk={talk}
          clock={clock}
          canStart={engine !== undefined && engine.obstacle === null}
          volume={settings.value.volume}
          onVolume={(volume) => change({ volume })}
          onStart={start}
          onSettings={() => setOpen(true)}
        />
        <Messages
          engine={engine}
          onStart={start}
          onSettings={() => setOpen(true)}
          problem={rows.problem ?? stack.problem}
          reload={() => {
            rows.reload();
            stack.reload();
            voices.reload();
          }}
        />
        {talk.problem.value === null && talk.phase.value === "idle" && <EmbeddedNotice stages={embedded} />}
        <div class="talk-panels">
          <TranscriptPanel talk={talk} />
          <TurnPanel talk={talk} clock={clock} />
        </div>
      </div>
      {isOpen && (
        <SettingsSheet
          settings={settings.value}
          engine={engine}
          voices={engine?.kind === "vendor" ? [] : voicesFor(stages, voices.data?.voices ?? [])}
          live={isLive}
          onChange={change}
          onClose={() => setOpen(false)}
        />
      )}
    </Page>
  );
}

/** What went wrong, and what does not hold yet. */
function Messages(props: {
  engine: Engine | undefined;
  problem: string | null;
  reload: () => void;
  onStart: () => void;
  onSettings: () => void;
}): JSX.Element {
  const asked = talk.asked.value;
  const isLive = talk.phase.value === "live";
  const isStale =
    isLive && asked !== null && (differs(asked.settings, settings.value) || asked.engine.id !== props.engine?.id);
  const problem = talk.problem.value;
  return (
    <>
      <Unread title="The engines could not be read" problem={props.problem} retry={props.reload} />
      {props.engine?.obstacle && <Notice tone="warn">{props.engine.obstacle}</Notice>}
      {problem !== null && (
        <ProblemNotice
          problem={problem}
          onRetry={() => void talk.stop().then(props.onStart)}
          onSettings={props.onSettings}
          onDismiss={() => {
            talk.problem.value = null;
          }}
        />
      )}
      {isStale && (
        <Notice
          title="Your changes hold from the next conversation on"
          action={
            <Button size="small" onClick={() => void talk.stop().then(props.onStart)}>
              Start again with them
            </Button>
          }
        >
          This one goes on as it began.
        </Notice>
      )}
    </>
  );
}

function change(changes: Partial<TalkSettings>): void {
  settings.value = { ...settings.value, ...changes };
  if (changes.volume !== undefined) talk.setVolume(changes.volume);
  try {
    localStorage.setItem(KEPT, JSON.stringify(settings.value));
  } catch {
    // A browser that keeps nothing: they hold until the page is left.
  }
}

function kept(): string | null {
  try {
    return localStorage.getItem(KEPT);
  } catch {
    return null;
  }
}
