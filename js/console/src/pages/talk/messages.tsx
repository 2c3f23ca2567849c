/** What the user should know: what went wrong, and what the engines here are. */

import type { JSX } from "preact";
import { hrefTo } from "../../shell/router.js";
import { Button, ButtonLink, Code, Notice } from "../../ui/index.js";
import type { AgentStages } from "./engines.js";
import type { Problem, Remedy } from "./problems.js";

/** What went wrong, and what to do about it. */
export function ProblemNotice(props: {
  problem: Problem;
  onRetry: () => void;
  onSettings: () => void;
  onDismiss: () => void;
}): JSX.Element {
  const { problem } = props;
  const remedies: Record<Remedy, JSX.Element> = {
    retry: (
      <Button key="retry" size="small" icon="refresh" onClick={props.onRetry}>
        Try again
      </Button>
    ),
    providers: (
      <ButtonLink key="providers" href={hrefTo("providers")} icon="key">
        Providers
      </ButtonLink>
    ),
    settings: (
      <Button key="settings" size="small" onClick={props.onSettings}>
        Settings
      </Button>
    ),
  };
  return (
    <Notice
      tone={problem.tone}
      title={problem.title}
      action={
        <div class="actions">
          {problem.remedies.map((remedy) => remedies[remedy])}
          <Button size="small" kind="quiet" onClick={props.onDismiss}>
            Dismiss
          </Button>
        </div>
      }
    >
      {problem.words}
      {problem.command !== undefined && <Code text={problem.command} label="line to type" />}
    </Notice>
  );
}

const DOES: Record<keyof AgentStages, string> = { stt: "hearing", llm: "answers", tts: "the voice" };

const LIMITS: Record<keyof AgentStages, string> = {
  stt: "The recogniser knows everyday English and mishears the rest.",
  llm: "Answers come from fixed rules, not from an AI model.",
  tts: "The voice is a plain synthetic one.",
};

const ALL_EMBEDDED =
  "No cloud and no key: nothing leaves this machine. They understand everyday English, answer by fixed rules and not by " +
  "an AI model, and have a plain voice.";

/** What the gateway's embedded engines are, where they serve. */
export function EmbeddedNotice(props: { stages: ReadonlyArray<keyof AgentStages> }): JSX.Element | null {
  const { stages } = props;
  if (stages.length === 0) return null;
  const isAll = stages.length === 3;
  return (
    <Notice
      title={
        isAll
          ? "You talk to small engines inside this gateway"
          : `Embedded engines do ${stages.map((stage) => DOES[stage]).join(" and ")}`
      }
      action={
        <ButtonLink href={hrefTo("providers")} kind="secondary" icon="key">
          Add a provider
        </ButtonLink>
      }
    >
      {isAll ? ALL_EMBEDDED : stages.map((stage) => LIMITS[stage]).join(" ")} For more, paste a vendor’s key, or point
      the gateway to Ollama or to a speech server of your own.
    </Notice>
  );
}
