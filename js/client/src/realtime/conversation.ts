/** A voice conversation over the S2S socket, as a page uses it. */

import { createBrowserAudio } from "../audio/browser_audio.js";
import { watchNetwork } from "./network.js";
import type { RealtimeVoiceConversationOptions } from "./options.js";
import { RealtimeSession } from "./session.js";
import { openWebSocket } from "./socket.js";

/**
 * A conversation with a speech-to-speech session of the gateway: the microphone goes up, the agent's voice comes down.
 *
 * The session is created by your server (`POST /v1/sessions` with `mode: "s2s"`), since a page must not hold an API key.
 */
export class RealtimeVoiceConversation {
  readonly #session: RealtimeSession;
  readonly #id: string;

  private constructor(session: RealtimeSession, id: string) {
    this.#session = session;
    this.#id = id;
  }

  /**
   * Opens the socket, waits until the gateway is ready, asks for the microphone, and resolves when both sides can speak.
   * Call it from a click or a key press: browsers start sound only then.
   *
   * @throws SpekoClientError `CONNECTION_FAILED`: the options are wrong, or the session could not be had, within 10 s.
   * `MICROPHONE_FAILED`: no microphone, or no sound; the text says what to do. Nothing is left open in either case.
   */
  static async create(options: RealtimeVoiceConversationOptions): Promise<RealtimeVoiceConversation> {
    const session = await RealtimeSession.open(options, {
      createAudio: createBrowserAudio({ workletUrl: options?.workletUrl }),
      openSocket: openWebSocket,
      watchNetwork,
    });
    return new RealtimeVoiceConversation(session, options.sessionId);
  }

  /** The session's id. */
  getId(): string {
    return this.#id;
  }

  /** Established, and with a socket. False while a lost one is being replaced. */
  isOpen(): boolean {
    return this.#session.isOpen;
  }

  /** Switches the microphone off, or on again. While it is off, nothing of it is sent. */
  async setMicMuted(muted: boolean): Promise<void> {
    this.#session.setMuted(muted);
  }

  /** The agent's voice: 0 to 1; what is beyond is clamped. */
  setVolume(volume: number): void {
    this.#session.setVolume(volume);
  }

  /** Loudness of the microphone, 0 to 1, as amplitude. */
  getInputLevel(): number {
    return this.#session.audio?.inputLevel() ?? 0;
  }

  /** Loudness of the agent's voice, 0 to 1, as amplitude. */
  getOutputLevel(): number {
    return this.#session.audio?.outputLevel() ?? 0;
  }

  /**
   * Typed words of the user, answered like speech.
   *
   * @throws SpekoClientError `NOT_CONNECTED` before and after the conversation.
   */
  sendUserMessage(text: string): void {
    this.#session.send({ t: "user_message", text });
  }

  /**
   * Stops the agent's answer, as if the user had begun to speak.
   *
   * @throws SpekoClientError `NOT_CONNECTED` before and after the conversation.
   */
  interrupt(): void {
    this.#session.send({ t: "interrupt" });
  }

  /**
   * The user has finished speaking: the agent answers now. Only a hint to engines that find the end of speech themselves.
   *
   * @throws SpekoClientError `NOT_CONNECTED` before and after the conversation.
   */
  commit(): void {
    this.#session.send({ t: "control", action: "commit" });
  }

  /** Ends the conversation. Resolves when everything is closed, also when it has ended already. */
  endSession(): Promise<void> {
    return this.#session.end();
  }
}
