/** What a session was made with. */

import type { Session } from "@spekoai/sdk";
import type { ComponentChildren, JSX } from "preact";
import { Code, CopyButton, Fold, Panel, Time } from "../../ui/index.js";
import { Engine } from "./session_list.js";
import { endWords, kindWords } from "./words.js";

export function Facts({ session }: { session: Session }): JSX.Element {
  const config = session.pipelineConfig;
  const agent = config.agentId;
  return (
    <Panel title="Facts">
      <dl class="facts">
        <Fact name="Engine">
          <Engine session={session} />
        </Fact>
        <Fact name="Kind">{kindWords(session.kind)}</Fact>
        <Fact name="Sample rates">
          {hertz(config.inputSampleRate)} in, {hertz(config.outputSampleRate)} out
        </Fact>
        <Fact name="Created">
          <Time at={session.createdAt} absolute />
        </Fact>
        <Fact name="Ended">
          <Time at={session.endedAt} absolute never="not yet" />
        </Fact>
        <Fact name="How it ended">{endWords(session)}</Fact>
        <Fact name="Expires">
          <Time at={session.expiresAt} absolute />
        </Fact>
        {typeof agent === "string" && (
          <Fact name="Agent">
            <code>{agent}</code>
          </Fact>
        )}
        <Fact name="Request id">
          <code>{session.requestId}</code>
          <CopyButton text={session.requestId} label="Copy the request id" compact />
        </Fact>
      </dl>
      <Fold summary="Configuration">
        <Code text={JSON.stringify(config, null, 2)} label="Configuration" />
      </Fold>
      <Fold summary={Object.keys(session.metadata).length > 0 ? "Metadata" : "Metadata (empty)"}>
        <Code text={JSON.stringify(session.metadata, null, 2)} label="Metadata" />
      </Fold>
    </Panel>
  );
}

function Fact({ name, children }: { name: string; children: ComponentChildren }): JSX.Element {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}

function hertz(rate: unknown): string {
  return typeof rate === "number" ? `${rate / 1000} kHz` : "unknown";
}
