/** The microphone, and words for what can be wrong with it. */

import { SpekoClientError } from "../errors.js";
import type { AudioSettings } from "./audio_io.js";

/** What the browser's errors mean, by their names, and what to do. */
const CURES: Record<string, string> = {
  NotAllowedError:
    "The microphone was refused. Allow it for this site in the browser, and for the browser in the system's privacy settings.",
  SecurityError: "The browser's settings or the page's policy forbid the microphone here.",
  NotFoundError: "There is no microphone. Connect one and try again.",
  NotReadableError: "The microphone does not answer. Another program may be using it: close that one and try again.",
  AbortError: "The microphone could not be started. Connect it again, or choose another one.",
  OverconstrainedError: "The chosen microphone is not there any more. Choose another one.",
};

/**
 * Asks for the microphone: one channel.
 *
 * @throws SpekoClientError `MICROPHONE_FAILED`, or `signal`'s reason as soon as that is aborted.
 */
export async function openMicrophone(settings: AudioSettings, signal: AbortSignal): Promise<MediaStream> {
  const devices: MediaDevices | undefined = navigator.mediaDevices;
  if (devices?.getUserMedia === undefined) {
    const text = isSecureContext
      ? "This browser gives pages no microphone. Use a newer one."
      : "The browser gives the microphone to secure pages only: open this one by https, or on localhost.";
    throw new SpekoClientError(text, "MICROPHONE_FAILED");
  }
  const { echoCancellation = true, noiseSuppression = true, autoGainControl = true } = settings.constraints;
  const asked = devices.getUserMedia({
    audio: {
      channelCount: 1,
      sampleRate: settings.inputSampleRate,
      echoCancellation,
      noiseSuppression,
      autoGainControl,
      ...(settings.inputDeviceId === undefined ? {} : { deviceId: { exact: settings.inputDeviceId } }),
    },
  });
  // The browser may ask its user for as long as it likes; who does not want to wait any more leaves nothing behind.
  const given = asked.then((stream) => {
    if (signal.aborted) {
      stopTracks(stream);
    }
    return stream;
  });
  try {
    return await unlessAborted(given, signal);
  } catch (cause) {
    throw signal.aborted ? signal.reason : microphoneError(cause);
  }
}

/** Lets go of the microphone: the browser's indicator goes out. */
export function stopTracks(stream: MediaStream): void {
  for (const track of stream.getTracks()) {
    track.stop();
  }
}

/** `promise`, or the reason of `signal` if that comes first. */
export async function unlessAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  signal.throwIfAborted();
  let abort = () => {};
  const aborted = new Promise<never>((_, reject) => {
    abort = () => reject(signal.reason);
    signal.addEventListener("abort", abort, { once: true });
  });
  try {
    return await Promise.race([promise, aborted]);
  } finally {
    signal.removeEventListener("abort", abort);
  }
}

function microphoneError(cause: unknown): SpekoClientError {
  // Some browsers' are neither an Error nor a DOMException.
  const { name } = (cause ?? {}) as { name?: unknown };
  return new SpekoClientError(CURES[String(name)] ?? "The microphone could not be opened.", "MICROPHONE_FAILED", cause);
}
