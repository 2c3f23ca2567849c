/**
 * Probes in a page: when a frame comes from the socket and when its first sample is rendered; when a sound is captured
 * and when it leaves. Times are Date.now(), the one clock that pages and audio threads share.
 */

import type { Page } from "playwright-core";

export interface Probed {
  /** When the first frame of each sound came. */
  received: number[];
  /** When the first sample of each sound was rendered. */
  rendered: number[];
  /** When each sound came out of the microphone's node. */
  captured: number[];
  /** When the frame with its first sample was given to the socket. */
  sent: number[];
}

declare global {
  interface Window {
    probed: Probed;
    /** The simplest client: what any client costs at least. */
    floor: (url: string) => Promise<void>;
  }
}

/** A worklet that says when silence ends; half a second of silence makes the next sound a new one. */
export const PROBE_WORKLET = `
registerProcessor("probe", class extends AudioWorkletProcessor {
  quiet = sampleRate;
  process([input]) {
    const samples = input[0];
    if (samples) {
      for (const sample of samples) {
        if (Math.abs(sample) > 0.02) {
          if (this.quiet > sampleRate / 10) this.port.postMessage(Date.now());
          this.quiet = 0;
        } else this.quiet++;
      }
    }
    return true;
  }
});
registerProcessor("raw-capture", class extends AudioWorkletProcessor {
  process([input]) {
    if (input[0]) this.port.postMessage(input[0].slice());
    return true;
  }
});
`;

/** `probes`: whether anything is to be measured; else only the floor is put into the page. */
export async function installProbes(page: Page, probes: boolean): Promise<void> {
  if (probes) {
    await page.addInitScript(install);
  }
  await page.addInitScript(installFloor);
}

// Runs in the page.
function install(): void {
  const probed: Probed = { received: [], rendered: [], captured: [], sent: [] };
  window.probed = probed;
  const LOUD = 600;

  /** Calls back at the first loud frame after a tenth of a second without one. */
  function onsets(into: number[]): (pcm: ArrayBuffer) => void {
    let last = 0;
    return (pcm) => {
      const now = performance.timeOrigin + performance.now();
      if (new Int16Array(pcm).some((sample) => Math.abs(sample) > LOUD)) {
        if (now - last > 100) {
          into.push(now);
        }
        last = now;
      }
    };
  }

  window.WebSocket = class extends WebSocket {
    #sent = onsets(probed.sent);
    constructor(url: string | URL, protocols?: string | string[]) {
      super(url, protocols);
      const received = onsets(probed.received);
      // Registered first, so it is called before the client's own.
      this.addEventListener("message", ({ data }) => data instanceof ArrayBuffer && received(data));
    }
    override send(data: string | Blob | BufferSource): void {
      super.send(data);
      if (data instanceof ArrayBuffer) {
        this.#sent(data);
      }
    }
  };

  const modules = new WeakMap<BaseAudioContext, Promise<void>>();
  const connect = AudioNode.prototype.connect as (this: AudioNode, to: AudioNode, ...rest: number[]) => AudioNode;
  function watch(node: AudioNode, into: number[]): void {
    const { context } = node;
    const module = modules.get(context) ?? context.audioWorklet.addModule("/probe.js");
    modules.set(context, module);
    module.then(() => {
      const probe = new AudioWorkletNode(context, "probe", { numberOfOutputs: 0 });
      probe.port.onmessage = ({ data }) => into.push(data);
      connect.call(node, probe);
    });
  }
  AudioNode.prototype.connect = function (this: AudioNode, to: AudioNode, ...rest: number[]) {
    if (to instanceof AudioDestinationNode) {
      watch(this, probed.rendered);
    }
    return connect.call(this, to, ...rest);
  } as typeof AudioNode.prototype.connect;
  const createSource = AudioContext.prototype.createMediaStreamSource;
  AudioContext.prototype.createMediaStreamSource = function (stream) {
    const source = createSource.call(this, stream);
    watch(source, probed.captured);
    return source;
  };
}

// Runs in the page.
function installFloor(): void {
  window.floor = async (url) => {
    const context = new AudioContext();
    await context.audioWorklet.addModule("/probe.js");
    const audio = { echoCancellation: false, noiseSuppression: false, autoGainControl: false };
    const stream = await navigator.mediaDevices.getUserMedia({ audio });
    const socket = new WebSocket(url, ["token"]);
    socket.binaryType = "arraybuffer";
    await new Promise((resolve) => socket.addEventListener("open", resolve));
    const out = context.createGain();
    out.connect(context.destination);
    let next = 0;
    socket.onmessage = ({ data }) => {
      if (data instanceof ArrayBuffer) {
        const samples = Float32Array.from(new Int16Array(data), (sample) => sample / 32768);
        const buffer = context.createBuffer(1, samples.length, 24_000);
        buffer.copyToChannel(samples, 0);
        const source = context.createBufferSource();
        source.buffer = buffer;
        source.connect(out);
        next = Math.max(next, context.currentTime + 0.02);
        source.start(next);
        next += buffer.duration;
      }
    };
    const capture = new AudioWorkletNode(context, "raw-capture", { numberOfOutputs: 0 });
    capture.port.onmessage = ({ data }: MessageEvent<Float32Array>) => {
      socket.send(Int16Array.from(data, (sample) => sample * 32767).buffer);
    };
    context.createMediaStreamSource(stream).connect(capture);
  };
}
