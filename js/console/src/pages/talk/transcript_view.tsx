/** What is said and called, as it happens. */

import type { JSX } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { Icon, IconButton, Panel } from "../../ui/index.js";
import type { Talk } from "./conversation.js";
import type { Entry, ToolUse, Words } from "./transcript.js";
import { SUGGESTIONS, Welcome } from "./welcome.js";

/** Within so many pixels of its end a list follows what comes. */
const NEAR_PX = 48;

/** The transcript and the box to type in. `suggests`: the engine answers what is suggested, as far as one knows. */
export function TranscriptPanel({ talk }: { talk: Talk }): JSX.Element {
  const { entries } = talk.transcript.value;
  const isLive = talk.phase.value === "live";
  return (
    <Panel title="Conversation" flush>
      <Scroll newest={entries.at(-1)}>
        {entries.length === 0 ? (
          <Welcome live={isLive} onSay={(words) => talk.type(words)} />
        ) : (
          <Lines entries={entries} />
        )}
      </Scroll>
      {isLive && entries.length > 0 && <Suggestions onSay={(words) => talk.type(words)} />}
      <TypeBox disabled={!isLive} onSend={(words) => talk.type(words)} />
    </Panel>
  );
}

function Scroll(props: { newest: Entry | undefined; children: JSX.Element }): JSX.Element {
  const list = useRef<HTMLElement>(null);
  const follows = useRef(true);
  // The welcome is read from its beginning, wherever one has scrolled in it before the first words come.
  const isWelcome = props.newest === undefined;
  useEffect(() => {
    if (follows.current) list.current?.scrollTo({ top: isWelcome ? 0 : list.current.scrollHeight });
  }, [props.newest]);
  return (
    <section
      ref={list}
      class="talk-scroll"
      aria-label="What was said"
      // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard.
      tabIndex={0}
      onScroll={({ currentTarget: at }) => {
        follows.current = isWelcome || at.scrollHeight - at.scrollTop - at.clientHeight < NEAR_PX;
      }}
    >
      {props.children}
    </section>
  );
}

function Lines({ entries }: { entries: readonly Entry[] }): JSX.Element {
  return (
    <ol class="talk-lines">
      {entries.map((entry) =>
        entry.kind === "tool" ? <ToolLine key={entry.key} tool={entry} /> : <WordLine key={entry.key} words={entry} />,
      )}
    </ol>
  );
}

function WordLine({ words }: { words: Words }): JSX.Element {
  const isUser = words.source === "user";
  return (
    <li class={`line line-${words.source} ${words.isFinal ? "" : "line-interim"}`}>
      <span class="line-who">{isUser ? "You" : "Agent"}</span>
      <p>
        {words.text}
        {words.unheard !== "" && (
          <>
            {" "}
            <del title="Not heard: the answer was interrupted">{words.unheard}</del>
            <span class="line-cut">interrupted</span>
          </>
        )}
      </p>
    </li>
  );
}

function ToolLine({ tool }: { tool: ToolUse }): JSX.Element {
  return (
    <li class="line line-tool">
      <span class="line-who">
        <Icon name="tool" size={16} />
        <span class="sr-only">Tool</span>
      </span>
      <p>
        <code>
          {tool.name}({tool.arguments === "{}" ? "" : tool.arguments})
        </code>{" "}
        <span class={tool.failed ? "tool-failed" : ""}>{tool.output === null ? "runs…" : `→ ${tool.output}`}</span>
      </p>
    </li>
  );
}

function Suggestions({ onSay }: { onSay: (words: string) => void }): JSX.Element {
  return (
    <div class="talk-suggestions">
      <span id="try-saying">Try saying</span>
      <ul aria-labelledby="try-saying">
        {SUGGESTIONS.map((words) => (
          <li key={words}>
            <button type="button" class="chip" title="Say it, or press to send it as text" onClick={() => onSay(words)}>
              {words}
            </button>
          </li>
        ))}
      </ul>
    </div>
  );
}

function TypeBox(props: { disabled: boolean; onSend: (words: string) => void }): JSX.Element {
  const [words, setWords] = useState("");
  return (
    <form
      class="talk-type"
      onSubmit={(event) => {
        event.preventDefault();
        if (words.trim() === "" || props.disabled) return;
        props.onSend(words);
        setWords("");
      }}
    >
      <label class="sr-only" for="talk-words">
        Type instead of speaking
      </label>
      <input
        id="talk-words"
        class="input"
        value={words}
        maxLength={4000}
        disabled={props.disabled}
        autocomplete="off"
        placeholder={props.disabled ? "Start a conversation, then you can type, too" : "Type instead of speaking"}
        onInput={(event) => setWords(event.currentTarget.value)}
      />
      <IconButton icon="send" label="Send" type="submit" kind="secondary" disabled={props.disabled} />
    </form>
  );
}
