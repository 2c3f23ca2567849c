/** One conversation after the other: what is shown of it, as signals, and what can be done. */

import { batch, type Signal, signal } from "@preact/signals";
import type {
  ConversationMessage,
  ConversationMode,
  DisconnectionDetails,
  RealtimeVoiceConversation,
  RealtimeVoiceConversationOptions,
  ToolCall,
  TurnEvent,
} from "@spekoai/client";
import type { S2sSession } from "@spekoai/sdk";
import type { Phase } from "./activity.js";
import { BROWSER_TOOLS, runTool, type World } from "./browser_tools.js";
import type { Engine } from "./engines.js";
import {
  obstacleOf,
  type Problem,
  problemDuring,
  problemOfEnd,
  problemOfStart,
  type Surroundings,
} from "./problems.js";
import { sessionFor, type TalkSettings } from "./settings.js";
import { NOTHING_SAID, type Transcript, withMessage, withToolCall, withToolOutput } from "./transcript.js";
import { agentsTurn, NO_TURNS, type TurnInput, type Turns, take, usersTurn } from "./turn_times.js";

/** What a conversation is to this page. */
export type Connection = Pick<
  RealtimeVoiceConversation,
  | "isOpen"
  | "setMicMuted"
  | "setVolume"
  | "sendUserMessage"
  | "interrupt"
  | "getInputLevel"
  | "getOutputLevel"
  | "endSession"
>;

/** What is around: the gateway, the client, a clock in ms that never goes back. */
export interface TalkContext {
  createSession(params: ReturnType<typeof sessionFor>): Promise<S2sSession>;
  connect(options: RealtimeVoiceConversationOptions): Promise<Connection>;
  clock(): number;
  world: World;
  place: Surroundings;
}

/** A conversation that was asked for. */
export interface Asked {
  settings: TalkSettings;
  engine: Engine;
}

/** How often it is looked whether the connection is there. ms. */
const LOOK_MS = 250;

export class Talk {
  readonly phase = signal<Phase>("idle");
  readonly transcript = signal<Transcript>(NOTHING_SAID);
  readonly turns = signal<Turns>(NO_TURNS);
  readonly mode = signal<ConversationMode>("listening");
  readonly muted = signal(false);
  readonly reconnecting = signal(false);
  readonly problem: Signal<Problem | null>;
  /** What the conversation that is shown was begun with; null before the first. */
  readonly asked = signal<Asked | null>(null);
  /** Its session. */
  readonly session = signal<S2sSession | null>(null);
  /** When it was connected, by the context's clock. */
  readonly connectedAt = signal<number | null>(null);

  readonly #context: TalkContext;
  #connection: Connection | null = null;
  /** Which start is the one that counts. */
  #attempt = 0;
  #looking: ReturnType<typeof setInterval> | undefined;

  constructor(context: TalkContext) {
    this.#context = context;
    this.problem = signal(obstacleOf(context.place));
  }

  /** Begins. What goes wrong stands in `problem`; never rejects. */
  async start(asked: Asked): Promise<void> {
    if (this.phase.value !== "idle") return;
    this.#attempt += 1;
    const mine = this.#attempt;
    batch(() => {
      this.phase.value = "starting";
      this.problem.value = null;
    });
    try {
      const obstacle = obstacleOf(this.#context.place);
      if (obstacle !== null) throw new Obstacle(obstacle);
      const session = await this.#context.createSession(sessionFor(asked.settings, asked.engine, BROWSER_TOOLS));
      if (mine !== this.#attempt) return;
      const connection = await this.#context.connect(this.#options(session, asked, mine));
      if (mine === this.#attempt) {
        this.#connected(connection, asked.settings);
      } else {
        // Stopped while the browser asked its user for the microphone.
        await connection.endSession();
      }
    } catch (error) {
      if (mine === this.#attempt) this.#failed(error);
    }
  }

  /** Ends it, or stops beginning. */
  async stop(): Promise<void> {
    const connection = this.#connection;
    if (connection === null) {
      this.#attempt += 1;
      this.#over(null);
      return;
    }
    this.phase.value = "ending";
    await connection.endSession();
  }

  /** Ends it, and nothing of it is left to be read: somebody else may be next. */
  async forget(): Promise<void> {
    await this.stop();
    this.#show(null, null);
    this.problem.value = obstacleOf(this.#context.place);
  }

  /** The user types instead of speaking; like speech, that interrupts the agent. */
  type(text: string): void {
    const words = text.trim();
    if (words === "" || this.#connection === null) return;
    try {
      if (this.mode.value === "speaking") this.#connection.interrupt();
      this.#connection.sendUserMessage(words);
    } catch (error) {
      this.problem.value = problemDuring(error instanceof Error ? error : new Error(String(error)));
      return;
    }
    this.#take({ type: "typed", at: this.#now(), text: words });
    this.#say({ source: "user", text: words, isFinal: true, segmentId: `typed-${this.turns.value.count}` });
  }

  /** Also before a conversation: it begins like that. */
  mute(muted: boolean): void {
    this.muted.value = muted;
    this.#connection?.setMicMuted(muted).catch((error: unknown) => this.#complain(error));
  }

  /** 0 to 1. */
  setVolume(volume: number): void {
    this.#connection?.setVolume(volume);
  }

  /** 0 to 1, as amplitude (RMS). */
  inputLevel(): number {
    return this.#connection?.getInputLevel() ?? 0;
  }

  outputLevel(): number {
    return this.#connection?.getOutputLevel() ?? 0;
  }

  /** An empty page for a conversation. That of the one before is kept until there is another. */
  #show(asked: Asked | null, session: S2sSession | null): void {
    batch(() => {
      this.transcript.value = NOTHING_SAID;
      this.turns.value = NO_TURNS;
      this.asked.value = asked;
      this.session.value = session;
      this.connectedAt.value = session === null ? null : this.#now();
    });
  }

  #options(session: S2sSession, asked: Asked, mine: number): RealtimeVoiceConversationOptions {
    const { settings } = asked;
    const current =
      <T>(handle: (value: T) => void) =>
      (value: T): void => {
        if (mine === this.#attempt) batch(() => handle(value));
      };
    return {
      sessionId: session.sessionId,
      wsUrl: session.wsUrl,
      wsToken: session.wsToken,
      expiresAt: session.expiresAt,
      inputSampleRate: session.inputSampleRate,
      outputSampleRate: session.outputSampleRate,
      ...(settings.microphone ? { inputDeviceId: settings.microphone } : {}),
      ...(settings.loudspeaker ? { outputDeviceId: settings.loudspeaker } : {}),
      audioConstraints: { echoCancellation: settings.echoCancellation, noiseSuppression: settings.noiseSuppression },
      onConnect: current(() => this.#show(asked, session)),
      onMessage: current((message) => this.#say(message)),
      onTurn: current((event) => this.#reached(event)),
      onModeChange: current((mode) => {
        this.mode.value = mode;
        this.#take({ type: "mode", at: this.#now(), mode });
      }),
      onToolCall: (call) => this.#run(call),
      onError: current((error) => this.#complain(error)),
      onDisconnect: current((details) => this.#over(details)),
    };
  }

  #connected(connection: Connection, settings: TalkSettings): void {
    this.#connection = connection;
    connection.setVolume(settings.volume);
    if (this.muted.value) this.mute(true);
    this.phase.value = "live";
    this.#looking = setInterval(() => {
      this.reconnecting.value = this.phase.value === "live" && !connection.isOpen();
    }, LOOK_MS);
  }

  #failed(error: unknown): void {
    const problem = error instanceof Obstacle ? error.problem : problemOfStart(error, this.#context.place);
    batch(() => {
      this.phase.value = "idle";
      this.problem.value = problem;
    });
  }

  #over(details: DisconnectionDetails | null): void {
    clearInterval(this.#looking);
    this.#connection = null;
    batch(() => {
      this.phase.value = "idle";
      this.mode.value = "listening";
      this.reconnecting.value = false;
      this.#take({ type: "over", at: this.#now() });
      if (details !== null) this.problem.value = problemOfEnd(details) ?? this.problem.value;
    });
  }

  #reached(event: TurnEvent): void {
    const { stage, ms, provider, model } = event;
    const whom = { ...(provider ? { provider } : {}), ...(model ? { model } : {}) };
    this.#take({ type: "stage", at: this.#now(), stage, ms, ...whom });
  }

  #say(message: ConversationMessage): void {
    const isUsers = message.source === "user";
    const at = this.#now();
    const turn = isUsers ? usersTurn(this.turns.value) : agentsTurn(this.turns.value);
    const { transcript, cut } = withMessage(this.transcript.value, message, turn?.id ?? 0);
    this.transcript.value = transcript;
    if (cut) this.#take({ type: "cut", at });
    if (isUsers && turn?.typed !== true) this.#take({ type: "said", at, text: message.text });
  }

  /** Answers a tool call; a tool that fails says so, and the agent can go on. */
  #run(call: ToolCall): string {
    const { callId, name } = call;
    this.#take({ type: "tool_call", at: this.#now(), callId, name });
    const turn = agentsTurn(this.turns.value)?.id ?? 0;
    this.transcript.value = withToolCall(this.transcript.value, call, turn);
    const { output, failed } = attempt(() => runTool(name, call.arguments, this.#context.world));
    this.transcript.value = withToolOutput(this.transcript.value, callId, output, failed);
    this.#take({ type: "tool_result", at: this.#now(), callId });
    return output;
  }

  #complain(error: unknown): void {
    const thrown = error instanceof Error ? error : new Error(String(error));
    if (thrown.message.startsWith("PROVIDER_ERROR:")) this.#take({ type: "failed", at: this.#now() });
    const problem = problemDuring(thrown);
    if (problem !== null) this.problem.value = problem;
  }

  #take(input: TurnInput): void {
    this.turns.value = take(this.turns.value, input);
  }

  #now(): number {
    return this.#context.clock();
  }
}

/** There is no use in trying. */
class Obstacle extends Error {
  readonly problem: Problem;

  constructor(problem: Problem) {
    super(problem.title);
    this.problem = problem;
  }
}

function attempt(run: () => string): { output: string; failed: boolean } {
  try {
    return { output: run(), failed: false };
  } catch (error) {
    const why =
      error instanceof SyntaxError ? "the arguments are no JSON" : error instanceof Error ? error.message : "";
    return { output: `That did not work: ${why}`, failed: true };
  }
}
