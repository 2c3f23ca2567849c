import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { SpekoClientError } from "../../src/errors.js";
import { RealtimeSession } from "../../src/realtime/session.js";
import { pcm, SESSION, settle, World } from "./fakes.js";

let world: World;

beforeEach(() => {
  vi.useFakeTimers();
  world = new World();
});
afterEach(() => vi.useRealTimers());

describe("the way to a conversation", () => {
  it("opens the socket, waits for ready, starts the sound, and tells in this order", async () => {
    const creating = world.create();
    expect(world.socket.url).toBe(SESSION.wsUrl);
    expect(world.socket.token).toBe(SESSION.wsToken);
    expect(world.log).toEqual(["status connecting"]);
    world.socket.events.onOpen();
    expect(world.audios).toEqual([]);
    world.socket.says({ t: "ready", inputSampleRate: 24000, outputSampleRate: 24000 });
    expect(world.log).toEqual(["status connecting"]);
    world.audio.started.resolve();
    const session = await creating;
    expect(world.log).toEqual(["status connecting", "status connected", "connect sess_1", "created"]);
    expect(session.isOpen).toBe(true);
    expect(vi.getTimerCount()).toBe(0);
  });

  it.each([
    [{ inputSampleRate: 16000, outputSampleRate: 24000 }, 16000, 24000],
    [{ inputSampleRate: 48000, outputSampleRate: "16000" }, 24000, 16000],
    [{}, 24000, 16000],
  ])("adopts the rates of %j, else keeps what was asked for", (rates, input, output) => {
    void world.create({ inputSampleRate: 24000, outputSampleRate: 16000 });
    world.socket.ready(rates);
    expect(world.audio.settings).toMatchObject({ inputSampleRate: input, outputSampleRate: output });
  });

  it("passes devices and constraints on", () => {
    const audioConstraints = { echoCancellation: false };
    void world.create({ inputDeviceId: "in", outputDeviceId: "out", audioConstraints });
    world.socket.ready();
    const settings = { inputDeviceId: "in", outputDeviceId: "out", constraints: audioConstraints };
    expect(world.audio.settings).toMatchObject(settings);
  });

  it("plays and keeps what comes while the microphone is asked for, and tells of it afterwards", async () => {
    const creating = world.create();
    world.socket.ready();
    world.socket.says({ t: "transcript", role: "assistant", text: "Hello", final: false });
    world.socket.events.onBinary(pcm(20));
    world.socket.says({ t: "error", code: "PROVIDER_ERROR", message: "hiccup" });
    expect(world.audio.given).toBe(480);
    expect(world.log).toEqual(["status connecting"]);
    world.audio.started.resolve();
    await creating;
    expect(world.log).toEqual([
      "status connecting",
      "status connected",
      "connect sess_1",
      'message {"source":"agent","text":"Hello","isFinal":false,"segmentId":"agent-1"}',
      "error PROVIDER_ERROR: hiccup",
      "created",
    ]);
  });
});

describe("a conversation that does not come about", () => {
  const failed = ["status connecting", "status disconnected"];

  it("gives up after 10 s without ready", async () => {
    const creating = world.create();
    creating.catch(() => {});
    await vi.advanceTimersByTimeAsync(9_999);
    expect(world.log).toEqual(["status connecting"]);
    await vi.advanceTimersByTimeAsync(1);
    expect(world.log).toEqual([...failed, "rejected CONNECTION_FAILED Realtime session did not become ready"]);
    expect(world.socket.closed?.code).toBe(1000);
    await expect(creating).rejects.toBeInstanceOf(SpekoClientError);
    expect(vi.getTimerCount()).toBe(0);
    expect(world.watching).toBe(false);
  });

  it("says with which code and reason the socket was closed before", async () => {
    world.create().catch(() => {});
    world.socket.closes(1011, "Provider connect failed");
    await settle();
    const text = "Realtime session closed before it was ready (code 1011: Provider connect failed)";
    expect(world.log).toEqual([...failed, `rejected CONNECTION_FAILED ${text}`]);
    expect(world.sockets).toHaveLength(1);
  });

  it("is rejected with the gateway's own error when that comes first", async () => {
    world.create().catch(() => {});
    world.socket.events.onOpen();
    world.socket.says({ t: "error", code: "UNAUTHORIZED", message: "The session token is expired" });
    world.socket.closes(4401, "UNAUTHORIZED");
    await settle();
    expect(world.log).toEqual([...failed, "rejected CONNECTION_FAILED UNAUTHORIZED: The session token is expired"]);
  });

  it("names the browser's refusal as the cause", async () => {
    world.refusal = new Error("insecure");
    await expect(world.create()).rejects.toMatchObject({ code: "CONNECTION_FAILED", cause: world.refusal });
    expect(world.log).toEqual([...failed, expect.stringContaining("rejected CONNECTION_FAILED")]);
  });

  it("keeps of what it will tell then the last thousand", async () => {
    const creating = world.create();
    world.socket.ready();
    for (let i = 0; i < 1100; i++) {
      world.socket.says({ t: "turn", stage: `stage-${i}`, ms: 0 });
    }
    world.audio.started.resolve();
    await creating;
    const told = world.log.filter((line) => line.startsWith("turn"));
    expect([told.length, told[0]]).toEqual([1000, "turn stage-100"]);
  });

  it("closes the socket when there is no microphone", async () => {
    const creating = world.create();
    world.socket.ready();
    const error = new SpekoClientError("Allow the microphone", "MICROPHONE_FAILED", new Error("denied"));
    world.audio.started.reject(error);
    await expect(creating).rejects.toBe(error);
    expect(world.socket.closed).toEqual({ code: 1000, reason: "audio_setup_failed" });
    expect(world.log).toEqual([
      ...failed,
      "microphone off",
      "audio closed",
      "rejected MICROPHONE_FAILED Allow the microphone",
    ]);
  });

  it("is rejected when the sound is closed, and not before", async () => {
    world.create().catch(() => {});
    world.socket.ready();
    world.audio.closesSlowly = true;
    world.socket.closes(1011);
    await settle();
    expect(world.log.at(-1)).toBe("audio closed");
    world.audio.closes();
    await settle();
    expect(world.log.at(-1)).toMatch(/^rejected CONNECTION_FAILED/);
  });

  it("turns any other failure of the sound into MICROPHONE_FAILED", async () => {
    const creating = world.create();
    world.socket.ready();
    const cause = new Error("odd");
    world.audio.started.reject(cause);
    await expect(creating).rejects.toMatchObject({ code: "MICROPHONE_FAILED", cause });
  });

  it.each([
    1006, 1011,
  ])("does not come back when the socket closes with %i while the microphone is asked for", async (code) => {
    const creating = world.create();
    world.socket.ready();
    world.socket.closes(code);
    await expect(creating).rejects.toMatchObject({ code: "CONNECTION_FAILED" });
    expect(world.log).toEqual([...failed, "microphone off", "audio closed", expect.stringContaining(`code ${code}`)]);
    world.audio.started.resolve();
    await settle();
    expect(world.log).not.toContain("status connected");
    expect(world.sockets).toHaveLength(1);
  });

  it("can be ended before", async () => {
    for (const until of ["socket", "ready"]) {
      world = new World();
      const session = new RealtimeSession({ ...SESSION, ...world.callbacks }, world.around);
      const starting = session.start();
      starting.catch(() => {});
      until === "ready" && world.socket.ready();
      await session.end();
      await expect(starting).rejects.toMatchObject({ code: "CONNECTION_FAILED" });
      expect(world.socket.closed).toEqual({ code: 1000, reason: "client_stopped" });
      expect(world.log.filter((line) => !line.startsWith("status"))).toEqual(
        until === "ready" ? ["microphone off", "audio closed"] : [],
      );
      expect(world.log.filter((line) => line.startsWith("status"))).toEqual(failed);
    }
  });
});

describe("options that could never work", () => {
  it.each([
    [{ sessionId: "" }, "sessionId is missing"],
    [{ wsUrl: "" }, "wsUrl is missing"],
    [{ wsToken: "" }, "wsToken is missing"],
    [{ wsToken: "secret token" }, "wsToken has characters"],
    [{ wsUrl: "/v1/s2s" }, "wsUrl is no URL"],
    [{ wsUrl: "https://gateway.example" }, "wsUrl must begin"],
    [{ inputSampleRate: 48000 as 24000 }, "inputSampleRate must be"],
    [{ outputSampleRate: 8000 as 16000 }, "outputSampleRate must be"],
  ])("%j", async (options, text) => {
    const creating = world.create(options);
    await expect(creating).rejects.toMatchObject({ code: "CONNECTION_FAILED", message: expect.stringContaining(text) });
    await expect(creating).rejects.not.toThrow("secret");
    expect(world.log).toHaveLength(1);
    expect(world.sockets).toEqual([]);
  });

  it("are those of a page over https that opens ws, but for its own machine", async () => {
    vi.stubGlobal("location", { protocol: "https:" });
    try {
      await expect(world.create({ wsUrl: "ws://gateway.example/v1/s2s" })).rejects.toThrow("wss://");
      for (const host of ["localhost:8080", "127.0.0.1:8080", "[::1]:8080"]) {
        world.create({ wsUrl: `ws://${host}/v1/s2s` }).catch(() => {});
      }
      expect(world.sockets).toHaveLength(3);
    } finally {
      vi.unstubAllGlobals();
    }
  });

  it("do not include a session that may have expired: that is for the gateway to say", async () => {
    await world.connect({ expiresAt: "2001-01-01T00:00:00Z" });
    expect(world.session?.isOpen).toBe(true);
  });
});
