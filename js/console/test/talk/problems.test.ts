import { SpekoClientError } from "@spekoai/client";
import { describe, expect, it } from "vitest";
import {
  obstacleOf,
  problemDuring,
  problemOfEnd,
  problemOfStart,
  type Surroundings,
} from "../../src/pages/talk/problems.js";

const HERE: Surroundings = { isSecure: true, host: "localhost", port: "8787" };
const REMOTE: Surroundings = { isSecure: false, host: "voice.example", port: "8787" };

function microphone(name: string): SpekoClientError {
  return new SpekoClientError("The microphone …", "MICROPHONE_FAILED", new DOMException("no", name));
}

function connection(message: string): SpekoClientError {
  return new SpekoClientError(message, "CONNECTION_FAILED");
}

function refused(status: number, message: string): Error {
  return Object.assign(new Error(message), { status, code: "X" });
}

describe("a conversation that does not begin", () => {
  it.each([
    [microphone("NotAllowedError"), /refused/, /Allow.*try again/s, ["retry"]],
    [microphone("NotFoundError"), /No microphone/, /Connect one/, ["retry", "settings"]],
    [microphone("NotReadableError"), /does not answer/, /Close that program/, ["retry", "settings"]],
    [microphone("OverconstrainedError"), /not there any more/, /Choose another/, ["settings"]],
    [
      new SpekoClientError("The browser did not start the sound.", "MICROPHONE_FAILED"),
      /sound/,
      /did not start/,
      ["retry"],
    ],
    [
      connection("S2S_PROVIDER_CONNECT_FAILED: openai gpt-realtime: invalid api key"),
      /engine refused/,
      /openai gpt-realtime: invalid api key\. Look at its key/,
      ["providers", "retry"],
    ],
    [connection("UNAUTHORIZED: the token has expired"), /expired/, /Start again/, ["retry"]],
    [
      connection("INVALID_CONFIG: the engine is gone"),
      /engine refused/,
      /the engine is gone\./,
      ["providers", "retry"],
    ],
    [connection("Realtime session did not become ready"), /did not open/, /still running/, ["retry"]],
    [new TypeError("Failed to fetch"), /No conversation/, /speko serve/, ["retry"]],
    [refused(500, "no LLM: set OPENAI_API_KEY"), /No engine/, /set OPENAI_API_KEY\./, ["providers", "retry"]],
    [refused(400, "s2s.voice: too long"), /cannot make/, /settings/, ["settings"]],
    [refused(429, "slow down"), /Too many/, /slow down/i, ["retry"]],
    [new Error(""), /No conversation/, /no reason/, ["retry"]],
  ])("%s", (error, title, words, remedies) => {
    const problem = problemOfStart(error, HERE);
    expect(problem.title).toMatch(title);
    expect(problem.words).toMatch(words);
    expect(problem.remedies).toEqual(remedies);
  });

  it("because the page is not secure says how to make it so", () => {
    expect(obstacleOf(HERE)).toBeNull();
    expect(obstacleOf(REMOTE)).toMatchObject({
      words: expect.stringMatching(/http:\/\/localhost:8787\/ and sign in there/),
      command: "ssh -L 8787:127.0.0.1:8787 voice.example",
    });
    expect(obstacleOf({ ...REMOTE, host: "[fd00::1]" })?.command).toBe("ssh -L 8787:127.0.0.1:8787 fd00::1");
    expect(problemOfStart(microphone("NotAllowedError"), REMOTE)).toEqual(obstacleOf(REMOTE));
  });
});

describe("a conversation that ended", () => {
  it("needs no words when the user ended it", () => {
    expect(problemOfEnd({ reason: "user" })).toBeNull();
  });

  it.each([
    [{ reason: "agent", message: "expired" }, /expired/],
    [{ reason: "agent", message: "idle_timeout" }, /was ended/],
    [{ reason: "agent", message: "something_new" }, /agent has ended/],
    [{ reason: "agent" }, /agent has ended/],
    [{ reason: "error", message: "server_shutdown" }, /gateway was stopped/],
    [{ reason: "error", message: "Provider connect failed" }, /engine refused/],
    [{ reason: "error", message: "engine lost" }, /broke off/],
    [{ reason: "error" }, /broke off/],
    [{ reason: "unknown" }, /broke off/],
  ] as const)("%o", (details, title) => {
    expect(problemOfEnd(details)?.title).toMatch(title);
  });
});

describe("a problem in the middle", () => {
  it("is shown, but for a broken connection, which is shown while it lasts", () => {
    expect(problemDuring(new Error("WS_ERROR: the connection broke"))).toBeNull();
    expect(problemDuring(new Error("PROVIDER_ERROR: rate limited"))).toMatchObject({
      tone: "warn",
      words: "rate limited.",
    });
    const refused = problemDuring(new Error("PROVIDER_ERROR: the language model failed (openai: unauthorized)"));
    expect(refused?.words).toMatch(/openai.*Providers page/);
    expect(refused?.remedies).toEqual(["providers"]);
    expect(problemDuring(new SpekoClientError("gone", "MICROPHONE_FAILED"))?.title).toMatch(/microphone is gone/);
    expect(problemDuring(new Error("The sound stutters."))?.words).toBe("The sound stutters.");
  });
});
