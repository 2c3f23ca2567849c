/** The AudioContext's life: it starts, and it comes back after the tab slept. */

import { SpekoClientError } from "../errors.js";
import { unlessAborted } from "./microphone.js";

/** How long a context may take to start. One that waits for a gesture never does. */
const START_MS = 4_000;

/** At the rate of the device: the resamplers here are better than those that some browsers would put in between. */
export function newContext(): AudioContext {
  return new AudioContext({ latencyHint: "interactive" });
}

/** @throws SpekoClientError `MICROPHONE_FAILED` when the context does not run in time, or `signal`'s reason. */
export async function startContext(context: AudioContext, signal: AbortSignal): Promise<void> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const running = new Promise<void>((resolve, reject) => {
    const look = () => context.state === "running" && resolve();
    context.addEventListener("statechange", look, { signal });
    timer = setTimeout(() => reject(blocked()), START_MS);
    // It neither resolves nor rejects as long as a gesture is missing.
    context.resume().then(look, reject);
    look();
  });
  try {
    await unlessAborted(running, signal);
  } finally {
    clearTimeout(timer);
  }
}

/** Wakes the context whenever it was put to sleep, until `signal` is aborted. */
export function keepAwake(context: AudioContext, signal: AbortSignal, onProblem: (error: Error) => void): void {
  let told = false;
  const wake = () => {
    if (context.state === "running") {
      told = false;
    } else if (context.state !== "closed" && document.visibilityState === "visible") {
      context.resume().catch((cause: unknown) => {
        if (!told && !signal.aborted) {
          told = true;
          onProblem(new Error("The browser paused the sound. It goes on when the page is shown again.", { cause }));
        }
      });
    }
  };
  context.addEventListener("statechange", wake, { signal });
  document.addEventListener("visibilitychange", wake, { signal });
}

function blocked(): SpekoClientError {
  return new SpekoClientError(
    "The browser did not start the sound. It does so after a gesture only: call create from a click or a key press.",
    "MICROPHONE_FAILED",
  );
}

/** Plays on the chosen device, where the browser can do that. */
export function sendTo(context: AudioContext, deviceId: string | undefined, onProblem: (error: Error) => void): void {
  const { setSinkId } = context as { setSinkId?: (id: string) => Promise<void> };
  if (deviceId !== undefined && setSinkId !== undefined) {
    setSinkId.call(context, deviceId).catch((cause: unknown) => {
      onProblem(new Error("The chosen loudspeaker cannot be used; the sound comes from the usual one.", { cause }));
    });
  }
}
