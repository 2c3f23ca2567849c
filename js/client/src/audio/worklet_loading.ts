/** Getting the worklet's module into an AudioContext. */

/** After this the sound starts without it. */
const LONGEST_MS = 5_000;

/**
 * Adds the module: a file of its own beside this package's index.js, so that a page whose policy allows scripts from its
 * own origin alone may load it.
 *
 * @returns whether the context has the worklet. `false`: this browser has no AudioWorklet.
 * @throws Error when the module cannot be had, with a text for whoever runs the page.
 */
export async function loadWorklet(context: AudioContext, workletUrl: string | URL | undefined): Promise<boolean> {
  if (context.audioWorklet === undefined || typeof AudioWorkletNode === "undefined") {
    return false;
  }
  const url = String(workletUrl ?? new URL("./audio-worklet.js", import.meta.url));
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error("It did not come within 5 s.")), LONGEST_MS);
  });
  try {
    await Promise.race([context.audioWorklet.addModule(url), late]);
    return true;
  } catch (cause) {
    throw new Error(
      "The audio worklet could not be loaded, so sound is handled by the page's own thread and may stutter. " +
        "Serve audio-worklet.js of this package beside its index.js, or pass its address as workletUrl.",
      { cause },
    );
  } finally {
    clearTimeout(timer);
  }
}
