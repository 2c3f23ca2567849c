import type { ConversationMessage } from "@spekoai/client";
import { describe, expect, it } from "vitest";
import {
  type Entry,
  MAX_ENTRIES,
  NOTHING_SAID,
  type Transcript,
  withMessage,
  withToolCall,
  withToolOutput,
} from "../../src/pages/talk/transcript.js";

type Heard = [source: "agent" | "user", text: string, isFinal: boolean, turn: number, segmentId?: string];

function after(...heard: readonly Heard[]): Transcript {
  return heard.reduce((transcript, [source, text, isFinal, turn, segmentId]) => {
    const message: ConversationMessage = { source, text, isFinal, ...(segmentId ? { segmentId } : {}) };
    return withMessage(transcript, message, turn).transcript;
  }, NOTHING_SAID);
}

function brief(entry: Entry): string {
  if (entry.kind === "tool") return `tool ${entry.name} ${entry.output ?? "…"}`;
  return `${entry.source}: ${entry.text}${entry.isFinal ? "" : "…"}${entry.unheard && ` [${entry.unheard}]`}`;
}

describe("words", () => {
  it("grow in place, by their id", () => {
    const said = after(
      ["user", "what", false, 0, "u1"],
      ["agent", "Well", false, 0, "a1"],
      ["user", "what time", true, 0, "u1"],
      ["user", "what time", true, 0, "u1"],
      ["agent", "Well, it is", true, 0, "a1"],
    );
    expect(said.entries.map(brief)).toEqual(["user: what time", "agent: Well, it is"]);
  });

  it("grow in place without ids, and new words after final ones stand for themselves", () => {
    const said = after(
      ["user", "what", false, 0],
      ["user", "what time", true, 0],
      ["agent", "It is", false, 0],
      ["agent", "It is 9.", true, 0],
      ["user", "thank", false, 1],
      ["user", "thank you", true, 1],
      ["agent", "You are", false, 1],
    );
    expect(said.entries.map(brief)).toEqual([
      "user: what time",
      "agent: It is 9.",
      "user: thank you",
      "agent: You are…",
    ]);
  });

  it("of another turn never replace those of one that was left unfinished", () => {
    const said = after(["agent", "Let me", false, 0], ["user", "no", true, 1], ["agent", "All right.", true, 1]);
    expect(said.entries.map(brief)).toEqual(["agent: Let me…", "user: no", "agent: All right."]);
  });

  it("of a second response of the same turn stand for themselves", () => {
    const said = after(["agent", "Let me see.", true, 0], ["agent", "You threw 4.", false, 0]);
    expect(said.entries.map(brief)).toEqual(["agent: Let me see.", "agent: You threw 4.…"]);
  });

  it("of the user that come late stand before the answer to them", () => {
    const said = after(["agent", "Hello!", true, 0], ["agent", "It is 9.", true, 1], ["user", "what time", true, 1]);
    expect(said.entries.map(brief)).toEqual(["agent: Hello!", "user: what time", "agent: It is 9."]);
  });

  it("of an answer that come late stand before what the user has said since", () => {
    const said = after(["user", "tell me", true, 0], ["user", "stop", true, 1], ["agent", "Once", true, 0]);
    expect(said.entries.map(brief)).toEqual(["user: tell me", "agent: Once", "user: stop"]);
  });

  it("keep their keys, so that what is drawn of them stays", () => {
    const growing = after(["user", "what", false, 0, "u1"]);
    const grown = after(["user", "what", false, 0, "u1"], ["user", "what time", true, 0, "u1"]);
    expect(grown.entries[0]?.key).toBe(growing.entries[0]?.key);
  });
});

describe("an answer that was interrupted", () => {
  const long = "Why did the microphone go to the doctor? It kept losing its voice.";

  it("is cut to what was heard, and the rest is kept as unheard", () => {
    const said = after(["agent", long, false, 0, "a1"], ["agent", "Why did the microphone", true, 0, "a1"]);
    expect(said.entries.map(brief)).toEqual([
      "agent: Why did the microphone [go to the doctor? It kept losing its voice.]",
    ]);
  });

  it("is cut also after its words were final, with an id and without", () => {
    for (const id of ["a1", undefined]) {
      const before: Heard[] = id ? [["agent", long, true, 0, id]] : [["agent", long, true, 0]];
      const message: ConversationMessage = {
        source: "agent",
        text: "Why did",
        isFinal: true,
        ...(id ? { segmentId: id } : {}),
      };
      const result = withMessage(after(...before), message, 0);
      expect(result.cut).toBe(true);
      expect(result.transcript.entries).toHaveLength(1);
    }
  });

  it("is no answer whose last words were only corrected", () => {
    const corrected: ConversationMessage = { source: "agent", text: "It is ten.", isFinal: true, segmentId: "a1" };
    expect(withMessage(after(["agent", "It is nine o'clock.", false, 0, "a1"]), corrected, 0).cut).toBe(false);
  });
});

describe("tools", () => {
  it("stand where they were called, with what came out", () => {
    const asked = withToolCall(
      after(["user", "throw the dice", true, 0]),
      { callId: "c1", name: "throw_dice", arguments: '{"count":2}' },
      0,
    );
    expect(asked.entries.map(brief)).toEqual(["user: throw the dice", "tool throw_dice …"]);
    const answered = withToolOutput(asked, "c1", "You threw 4.", false);
    expect(answered.entries.map(brief)).toEqual(["user: throw the dice", "tool throw_dice You threw 4."]);
    expect(withToolOutput(answered, "c1", "again", true)).toEqual(answered);
  });
});

it("is bounded", () => {
  const many = Array.from({ length: MAX_ENTRIES + 50 }, (_, turn): Heard => ["user", `words ${turn}`, true, turn]);
  const said = after(...many);
  expect(said.entries).toHaveLength(MAX_ENTRIES);
  expect(said.entries.at(-1)).toMatchObject({ text: `words ${MAX_ENTRIES + 49}` });
});
