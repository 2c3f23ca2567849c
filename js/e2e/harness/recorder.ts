/**
 * What a page's script opens and what its audio graph plays, recorded from outside of it: sockets, tracks, contexts, and
 * the loudness of everything that is connected to a destination.
 */

import type { Page } from "playwright-core";

/** Lives in the page as `window.recorded`. */
export interface Recorded {
  sockets: WebSocket[];
  tracks: MediaStreamTrack[];
  contexts: AudioContext[];
  /** Binary frames that were sent, when `keepSent` is set. */
  sent: ArrayBuffer[];
  keepSent: boolean;
  /** Sound that came over whichever socket was ready last, and when, by the page's clock. */
  came: { at: number; samples: number[] }[];
  /** When a socket was ready. */
  ready: number[];
  /** Of what is played, for every 10 ms: its energy. Full scale is 1. */
  energy: number[];
  /** Of what is played, every 10 ms or so: milliseconds of the page's clock, and the peak since the last. */
  loudness: { at: number; peak: number }[];
}

declare global {
  interface Window {
    recorded: Recorded;
  }
}

/** Has every page of this tab recorded from its first script on. `meter`: the site's path of a meter; then the sound is
 * recorded, too: `came` and `energy`. */
export async function recordPage(page: Page, meter?: string): Promise<void> {
  await page.addInitScript(install, meter);
}

// Runs in the page: it may use nothing from outside of it.
function install(meter: string | undefined): void {
  const recorded: Recorded = {
    sockets: [],
    tracks: [],
    contexts: [],
    sent: [],
    keepSent: false,
    came: [],
    ready: [],
    energy: [],
    loudness: [],
  };
  window.recorded = recorded;
  let newest: WebSocket | undefined;

  window.WebSocket = class extends WebSocket {
    constructor(url: string | URL, protocols?: string | string[]) {
      super(url, protocols);
      recorded.sockets.push(this);
      this.addEventListener("message", ({ data }) => {
        if (data instanceof ArrayBuffer && newest === this && meter !== undefined) {
          recorded.came.push({ at: performance.now(), samples: [...new Int16Array(data)] });
        } else if (typeof data === "string" && JSON.parse(data).t === "ready") {
          newest = this;
          recorded.ready.push(performance.now());
        }
      });
    }
    override send(data: string | Blob | BufferSource): void {
      if (recorded.keepSent && data instanceof ArrayBuffer) {
        recorded.sent.push(data.slice(0));
      }
      super.send(data);
    }
  };

  const devices = navigator.mediaDevices;
  const getUserMedia = devices.getUserMedia.bind(devices);
  devices.getUserMedia = async (constraints) => {
    const stream = await getUserMedia(constraints);
    recorded.tracks.push(...stream.getTracks());
    return stream;
  };

  window.AudioContext = class extends AudioContext {
    constructor(options?: AudioContextOptions) {
      super(options);
      recorded.contexts.push(this);
    }
  };

  const connect = AudioNode.prototype.connect as (this: AudioNode, to: AudioNode, ...rest: number[]) => AudioNode;
  AudioNode.prototype.connect = function (this: AudioNode, to: AudioNode, ...rest: number[]) {
    if (to instanceof AudioDestinationNode) {
      watch(this);
    }
    return connect.call(this, to, ...rest);
  } as typeof AudioNode.prototype.connect;

  async function measure(node: AudioNode, meter: string): Promise<void> {
    const { context } = node;
    await context.audioWorklet.addModule(meter);
    const measuring = new AudioWorkletNode(context, "meter");
    measuring.port.onmessage = ({ data }) => recorded.energy.push(...data);
    connect.call(node, measuring);
    connect.call(measuring, context.destination); // silent, but it runs only so
  }

  function watch(node: AudioNode): void {
    meter !== undefined && void measure(node, meter);
    const analyser = node.context.createAnalyser();
    analyser.fftSize = 1024;
    connect.call(node, analyser);
    const samples = new Float32Array(analyser.fftSize);
    const timer = setInterval(() => {
      if (node.context.state === "closed") {
        clearInterval(timer);
        return;
      }
      analyser.getFloatTimeDomainData(samples);
      const peak = samples.reduce((most, sample) => Math.max(most, Math.abs(sample)), 0);
      recorded.loudness.push({ at: performance.now(), peak });
    }, 10);
  }
}
