/** A browser's sound, as far as it takes to see what is asked of it. */

import { vi } from "vitest";

export class FakeTrack extends EventTarget {
  readonly kind = "audio";
  enabled = true;
  readyState = "live";

  stop(): void {
    this.readyState = "ended";
  }

  /** As when the device is pulled out. */
  end(): void {
    this.readyState = "ended";
    this.dispatchEvent(new Event("ended"));
  }
}

export class FakeStream {
  readonly tracks = [new FakeTrack()];

  get track(): FakeTrack {
    return this.tracks[0] as FakeTrack;
  }

  getTracks(): FakeTrack[] {
    return this.tracks;
  }
}

export class FakeNode {
  readonly gain = { value: 1, setTargetAtTime: vi.fn() };
  fftSize = 2048;
  /** What a meter sees. */
  loudness = 0;
  onaudioprocess: ((event: object) => void) | null = null;
  target: FakeNode | undefined;

  connect(target: FakeNode): FakeNode {
    this.target = target;
    return target;
  }

  disconnect(): void {
    this.target = undefined;
  }

  getFloatTimeDomainData(into: Float32Array): void {
    into.fill(this.loudness);
  }
}

export class FakePort {
  onmessage: ((event: { data: unknown }) => void) | null = null;
  readonly sent: unknown[] = [];
  closed = false;

  postMessage(message: unknown, transfer: ArrayBuffer[] = []): void {
    this.sent.push(structuredClone(message, { transfer }));
  }

  /** From the audio thread. */
  receive(data: unknown): void {
    this.onmessage?.({ data });
  }

  close(): void {
    this.closed = true;
  }
}

export class FakeWorkletNode extends FakeNode {
  readonly port = new FakePort();
  onprocessorerror: (() => void) | null = null;

  constructor(context: FakeContext, name: string, options: { processorOptions: object }) {
    super();
    context.worklets.set(name, this);
    context.processorOptions = options.processorOptions;
  }
}

export class FakeContext extends EventTarget {
  state = "suspended";
  readonly sampleRate = 48_000;
  readonly baseLatency = 0.01;
  readonly outputLatency = 0.03;
  readonly currentTime = 7;
  readonly destination = new FakeNode();
  readonly worklets = new Map<string, FakeWorkletNode>();
  readonly scripts: FakeNode[] = [];
  readonly modules: string[] = [];
  readonly sinks: string[] = [];
  readonly gain = new FakeNode();
  readonly analyser = new FakeNode();
  readonly source = new FakeNode();
  processorOptions: object = {};
  resumed = 0;
  closes = 0;
  audioWorklet: object | undefined;
  readonly #browser: FakeBrowser;

  constructor(browser: FakeBrowser) {
    super();
    this.#browser = browser;
    const addModule = (url: string) => {
      this.modules.push(url);
      return browser.addModule();
    };
    this.audioWorklet = browser.worklet ? { addModule } : undefined;
  }

  /** Becomes what it is told, as the browser does when it likes to. */
  become(state: string): void {
    this.state = state;
    this.dispatchEvent(new Event("statechange"));
  }

  resume(): Promise<void> {
    this.resumed += 1;
    return this.#browser.resume(this);
  }

  setSinkId(id: string): Promise<void> {
    this.sinks.push(id);
    return this.#browser.setSinkId();
  }

  close(): Promise<void> {
    this.closes += 1;
    this.become("closed");
    return Promise.resolve();
  }

  createGain = () => this.gain;
  createAnalyser = () => this.analyser;
  createMediaStreamSource = () => this.source;
  createScriptProcessor = () => {
    const node = new FakeNode();
    this.scripts.push(node);
    return node;
  };
}

/** Stands in the place of the browser until `vi.unstubAllGlobals`. What its members do may be changed. */
export class FakeBrowser {
  readonly contexts: FakeContext[] = [];
  readonly streams: FakeStream[] = [];
  readonly asked: MediaStreamConstraints[] = [];
  readonly document = Object.assign(new EventTarget(), { visibilityState: "visible" });
  worklet = true;
  addModule = (): Promise<void> => Promise.resolve();
  setSinkId = (): Promise<void> => Promise.resolve();
  resume = (context: FakeContext): Promise<void> => {
    context.become("running");
    return Promise.resolve();
  };
  getUserMedia = (): Promise<FakeStream> => Promise.resolve(this.stream());

  install(): void {
    const browser = this;
    vi.stubGlobal("document", this.document);
    vi.stubGlobal("isSecureContext", true);
    vi.stubGlobal("AudioWorkletNode", FakeWorkletNode);
    vi.stubGlobal(
      "AudioContext",
      class extends FakeContext {
        constructor() {
          super(browser);
          browser.contexts.push(this);
        }
      },
    );
    vi.stubGlobal("navigator", {
      mediaDevices: {
        getUserMedia: (constraints: MediaStreamConstraints) => {
          this.asked.push(constraints);
          return this.getUserMedia();
        },
      },
    });
  }

  stream(): FakeStream {
    const stream = new FakeStream();
    this.streams.push(stream);
    return stream;
  }

  get context(): FakeContext {
    const context = this.contexts.at(-1);
    if (context === undefined) {
      throw new Error("no AudioContext was made");
    }
    return context;
  }

  get track(): FakeTrack {
    const stream = this.streams.at(-1);
    if (stream === undefined) {
      throw new Error("no microphone was asked for");
    }
    return stream.track;
  }

  port(name: string): FakePort {
    const node = this.context.worklets.get(name);
    if (node === undefined) {
      throw new Error(`there is no ${name}`);
    }
    return node.port;
  }

  /** Nothing is left that listens, plays or runs. */
  get silent(): boolean {
    return (
      this.streams.every((stream) => stream.track.readyState === "ended") &&
      this.contexts.every(
        (context) =>
          context.state === "closed" &&
          [...context.worklets.values()].every((node) => node.port.closed && node.port.onmessage === null) &&
          context.scripts.every((node) => node.onaudioprocess === null),
      )
    );
  }
}
