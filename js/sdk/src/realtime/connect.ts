/** Opens conversations. */

import { invalidResponse } from "../http/errors.js";
import { pathOf } from "../http/url.js";
import { Resource } from "../resources/resource.js";
import type { RealtimeConnectParams, RealtimeSessionHandle } from "../types/realtime.js";
import type { S2sSession, SessionParams } from "../types/sessions.js";
import { SocketHandle } from "./handle.js";

/** Conversations over a socket. */
export class RealtimeResource extends Resource {
  /**
   * Makes a speech-to-speech session and opens its socket. Resolves at once, while the socket may still be connecting:
   * register handlers right away; the frame `ready` says when the engine is there.
   *
   * With an API key this belongs on a server; browsers hold conversations with `@spekoai/client` and a token.
   */
  async connect(params: RealtimeConnectParams, signal?: AbortSignal): Promise<RealtimeSessionHandle> {
    const Socket = globalThis.WebSocket as typeof WebSocket | undefined;
    if (Socket === undefined) {
      throw new Error(
        "Speko: this runtime has no WebSocket. Set globalThis.WebSocket before connecting, for instance from `ws`.",
      );
    }
    const path = pathOf("sessions");
    const session = await this.transport.json<S2sSession>({ method: "POST", path, json: bodyOf(params), signal });
    if (typeof session?.wsUrl !== "string" || typeof session.wsToken !== "string") {
      throw invalidResponse("The gateway's session has no socket.", 201, undefined);
    }
    const socket = new Socket(session.wsUrl, [session.wsToken]);
    socket.binaryType = "arraybuffer";
    return new SocketHandle(socket, session);
  }
}

/** What belongs to the engine is inside `s2s` on the wire; everything else is the session's. */
function bodyOf(params: RealtimeConnectParams): SessionParams {
  const { provider, model, voice, systemPrompt, temperature, inputSampleRate, outputSampleRate, tools, ...session } =
    params;
  const s2s = { provider, model, voice, systemPrompt, temperature, inputSampleRate, outputSampleRate, tools };
  return { ...session, mode: "s2s", s2s };
}
