/** What went wrong, in words that say what to do. Pure. */

import type { DisconnectionDetails } from "@spekoai/client";
import { problemText, sentence } from "../../api/problem.js";

/** What the user can do at once. */
export type Remedy = "retry" | "providers" | "settings";

/** A message for the page. */
export interface Problem {
  tone: "error" | "warn" | "info";
  title: string;
  words: string;
  /** A line to type in a terminal. */
  command?: string;
  remedies: readonly Remedy[];
}

/** Where the page is. */
export interface Surroundings {
  isSecure: boolean;
  host: string;
  port: string;
}

const ALLOW =
  "Click the symbol beside this page's address, set the microphone to “Allow”, then try again. On a phone, or if that " +
  "changes nothing, look into the system's privacy settings: the browser itself needs the microphone, too.";

/** Before a conversation: what makes it impossible, as far as one can tell without asking for the microphone. */
export function obstacleOf(place: Surroundings): Problem | null {
  if (place.isSecure) return null;
  const { host, port } = place;
  return {
    tone: "error",
    title: "Browsers give the microphone to secure pages only",
    words:
      `This page came from ${host} without https. Put the gateway behind https, or bring its port to this computer ` +
      `with the line below; then open http://localhost:${port}/ and sign in there.`,
    // A browser writes an IPv6 address in brackets, and ssh does not.
    command: `ssh -L ${port}:127.0.0.1:${port} ${host.replace(/^\[|\]$/g, "")}`,
    remedies: [],
  };
}

/** Why a conversation did not begin. */
export function problemOfStart(error: unknown, place: Surroundings): Problem {
  const code = codeOf(error);
  if (code === "MICROPHONE_FAILED") return ofMicrophone(error, place);
  if (code === "CONNECTION_FAILED") return ofGateway(messageOf(error));
  return ofCreation(error);
}

/** Why a conversation has ended; null when that needs no words. */
export function problemOfEnd(details: DisconnectionDetails): Problem | null {
  const { reason, message = "" } = details;
  if (reason === "user") return null;
  if (reason === "agent") return ENDS[message] ?? info("The agent has ended the conversation", "");
  if (message === "server_shutdown") return GONE;
  if (message === "Provider connect failed") return ofVendor("The engine could not be reached.");
  if (message === "SESSION_NOT_FOUND") {
    return problem("The gateway does not know this session any more", "It was restarted meanwhile. Start again.", [
      "retry",
    ]);
  }
  return {
    tone: "error",
    title: "The conversation broke off",
    words: `${sentence(message || "The connection was lost")} Is speko serve still running?`,
    remedies: ["retry"],
  };
}

/** Something in the middle of a conversation, which goes on; null for what is shown otherwise. */
export function problemDuring(error: Error): Problem | null {
  const [code, words] = split(error.message);
  // A broken connection is shown while it lasts.
  if (code === "WS_ERROR") return null;
  if (codeOf(error) === "MICROPHONE_FAILED") {
    return {
      tone: "error",
      title: "The microphone is gone",
      words: "It was disconnected, or taken away. Connect it, press Stop, and start again; until then you can type.",
      remedies: ["settings"],
    };
  }
  if (code === "PROVIDER_ERROR") {
    const title = "The engine reports an error, and the conversation goes on";
    // The agent names the vendor and the cause: a key that is refused will be refused again.
    if (!/\bunauthorized\b|\bforbidden\b/i.test(words)) return warn(title, sentence(words));
    const hint = "Look at the vendor’s key on the Providers page.";
    return { tone: "warn", title, words: `${sentence(words)} ${hint}`, remedies: ["providers"] };
  }
  return warn("Something went wrong, and the conversation goes on", sentence(words));
}

function ofMicrophone(error: unknown, place: Surroundings): Problem {
  const obstacle = obstacleOf(place);
  if (obstacle !== null) return obstacle;
  const found = MICROPHONE[causeName(error)];
  if (found !== undefined) return found;
  return problem("The sound could not be started", sentence(messageOf(error)), ["retry"]);
}

const MICROPHONE: Readonly<Record<string, Problem>> = {
  NotAllowedError: problem("The microphone was refused", ALLOW, ["retry"]),
  SecurityError: problem("The browser forbids the microphone here", ALLOW, ["retry"]),
  NotFoundError: problem(
    "No microphone was found",
    "Connect one, or wear a headset, and try again. Without any, speko talk --text in a terminal answers typed words.",
    ["retry", "settings"],
  ),
  NotReadableError: problem(
    "The microphone does not answer",
    "Another program may be using it. Close that program, or choose another microphone, and try again.",
    ["retry", "settings"],
  ),
  OverconstrainedError: problem(
    "The chosen microphone is not there any more",
    "Choose another one in the settings, and try again.",
    ["settings"],
  ),
};

function ofGateway(message: string): Problem {
  const [code, words] = split(message);
  if (code === "S2S_PROVIDER_CONNECT_FAILED") return ofVendor(words);
  if (code === "UNAUTHORIZED" || code === "SESSION_NOT_FOUND") {
    return problem("The session has expired", "It was made a while ago and never used. Start again for a new one.", [
      "retry",
    ]);
  }
  if (code === "INVALID_CONFIG") return ofVendor(words);
  if (code === "INSUFFICIENT_CREDITS") return problem("No credits are left", sentence(words), []);
  const said = code === "" ? "" : ` It says: ${sentence(words)}`;
  return problem("The gateway did not open the conversation", `Is speko serve still running?${said}`, ["retry"]);
}

function ofVendor(words: string): Problem {
  return problem(
    "The engine refused the conversation",
    `${sentence(words)} Look at its key on the Providers page, or choose another engine.`,
    ["providers", "retry"],
  );
}

/** The gateway did not make the session. */
function ofCreation(error: unknown): Problem {
  const status = error instanceof Error && "status" in error ? error.status : undefined;
  const words = problemText(error);
  if (status === 400 || status === 404) {
    return problem("The gateway cannot make this session", `${words} Look at the settings.`, ["settings"]);
  }
  if (status === 429) return problem("Too many conversations at once", words, ["retry"]);
  if (typeof status === "number" && status > 0) {
    return problem("No engine can answer", words, ["providers", "retry"]);
  }
  return problem("No conversation was begun", words, ["retry"]);
}

const GONE = problem("The gateway was stopped", "Start it again with speko serve, then try again.", ["retry"]);

const ENDS: Readonly<Record<string, Problem>> = {
  expired: info("The session has expired", "A session lasts 30 minutes at most. Start another one to go on talking."),
  idle_timeout: info("The conversation was ended", "Nothing came from this page for five minutes."),
  agent_ended: info("The agent has ended the conversation", ""),
  insufficient_credits: problem("No credits are left", "The gateway has ended the conversation.", []),
  limit_reached: problem("A limit of this organization was reached", "The gateway has ended the conversation.", []),
  server_shutdown: GONE,
};

function problem(title: string, words: string, remedies: readonly Remedy[]): Problem {
  return { tone: "error", title, words, remedies };
}

function warn(title: string, words: string): Problem {
  return { tone: "warn", title, words, remedies: [] };
}

function info(title: string, words: string): Problem {
  return { tone: "info", title, words, remedies: [] };
}

/** `CODE: words` in its two parts; without a code all are words. */
function split(message: string): [code: string, words: string] {
  const match = /^([A-Z][A-Z0-9_]+): (.*)$/s.exec(message);
  return match ? [match[1] ?? "", match[2] ?? ""] : ["", message];
}

function codeOf(error: unknown): string {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  return typeof code === "string" ? code : "";
}

/** The name of the browser's own error, which is no `Error` in some browsers. */
function causeName(error: unknown): string {
  const cause = error instanceof Error ? error.cause : undefined;
  const name = typeof cause === "object" && cause !== null && "name" in cause ? cause.name : undefined;
  return typeof name === "string" ? name : "";
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : "";
}
