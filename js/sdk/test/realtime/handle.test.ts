import { once } from "node:events";
import { afterEach, describe, expect, it, vi } from "vitest";
import type { RealtimeFrame } from "../../src/index.js";
import { converse } from "../support/conversation.js";
import { until } from "../support/until.js";

afterEach(() => {
  vi.restoreAllMocks();
});

describe("what the caller sends", () => {
  it("is what is documented", async () => {
    const { handle, told } = await converse();
    handle.sendAudio(Uint8Array.of(1, 2, 3, 4));
    handle.commit();
    handle.interrupt();
    handle.sendToolResult("c1", "text");
    handle.sendToolResult("c2", { ok: true });
    handle.sendToolResult("c3", undefined);
    handle.sendText("Hello");
    handle.played(120);
    expect(await told(8)).toEqual([
      Buffer.of(1, 2, 3, 4),
      { t: "control", action: "commit" },
      { t: "interrupt" },
      { t: "tool_result", callId: "c1", output: "text" },
      { t: "tool_result", callId: "c2", output: '{"ok":true}' },
      { t: "tool_result", callId: "c3", output: "null" },
      { t: "user_message", text: "Hello" },
      { t: "played", ms: 120 },
    ]);
  });

  it("is a copy of exactly the bytes that were given", async () => {
    const { handle, told } = await converse();
    const buffer = Buffer.from([9, 1, 2, 9]);
    handle.sendAudio(buffer.subarray(1, 3));
    buffer.fill(0);
    const shared = new Uint8Array(new SharedArrayBuffer(2));
    shared.set([3, 4]);
    handle.sendAudio(shared);
    expect(await told(2)).toEqual([Buffer.of(1, 2), Buffer.of(3, 4)]);
  });

  it("goes nowhere after the end, and raises nothing", async () => {
    const { handle, socket, frame } = await converse();
    socket.close(1000, "expired");
    await frame("close");
    handle.sendAudio(new Uint8Array(4));
    handle.commit();
    handle.sendText("Hello");
    handle.close();
    expect(handle.bufferedAmount).toBe(0);
  });

  it("goes nowhere after the caller's own close", async () => {
    const { handle, socket, messages } = await converse();
    handle.close();
    handle.sendText("Hello");
    await once(socket, "close");
    expect(messages).toEqual([]);
  });
});

describe("what the gateway sends", () => {
  it("becomes frames, in order", async () => {
    const { frames, frame, tell, socket } = await converse();
    tell({ t: "ready", inputSampleRate: 16000, outputSampleRate: 24000 });
    tell({ t: "transcript", role: "assistant", text: "Hi", final: true });
    socket.send(Buffer.of(1, 2, 3, 4));
    tell({ t: "news" });
    tell("no JSON");
    tell({ t: "end", reason: "expired" });
    socket.close(1000, "expired");
    await frame("close");
    expect(frames).toEqual([
      { type: "ready", inputSampleRate: 16000, outputSampleRate: 24000 },
      { type: "transcript", role: "assistant", text: "Hi", final: true },
      { type: "audio", pcm: Uint8Array.of(1, 2, 3, 4), sampleRate: 24000 },
      { type: "close", code: 1000, reason: "expired" },
    ]);
  });

  it("settles the rates with ready", async () => {
    const { handle, frame, tell, socket } = await converse();
    tell({ t: "ready", inputSampleRate: 24000, outputSampleRate: 16000 });
    expect(await frame("ready")).toEqual({ type: "ready", inputSampleRate: 24000, outputSampleRate: 16000 });
    expect([handle.inputSampleRate, handle.outputSampleRate]).toEqual([24000, 16000]);
    socket.send(Buffer.of(1, 2));
    expect(await frame("audio")).toMatchObject({ sampleRate: 16000 });
  });

  it("keeps the rates that ready does not name", async () => {
    const { handle, frame, tell } = await converse();
    tell({ t: "ready", inputSampleRate: 8000 });
    expect(await frame("ready")).toEqual({ type: "ready", inputSampleRate: 16000, outputSampleRate: 24000 });
    expect([handle.inputSampleRate, handle.outputSampleRate]).toEqual([16000, 24000]);
  });

  it("has the default rates where an older gateway names none", async () => {
    const { handle } = await converse(undefined, {
      inputSampleRate: undefined,
      outputSampleRate: 8000,
      requestId: null,
    });
    expect([handle.inputSampleRate, handle.outputSampleRate]).toEqual([24000, 24000]);
    expect(handle.requestId).toBeUndefined();
  });

  it("breaks off without a frame of its own", async () => {
    const { frames, frame, socket } = await converse();
    socket.terminate();
    expect(await frame("close")).toEqual({ type: "close", code: 1006, reason: "" });
    expect(frames.length).toBe(1);
  });

  it("makes an error of what is no WebSocket frame", async () => {
    const { frames, frame, socket } = await converse();
    const raw = (socket as unknown as { _socket: { write(bytes: Buffer): void } })._socket;
    raw.write(Buffer.of(0xff, 0xff, 0xff));
    await frame("close");
    expect(frames.map((each) => ("code" in each ? each.code : each.type))).toEqual(["WS_ERROR", expect.any(Number)]);
  });
});

describe("on", () => {
  it("calls every handler, also behind one that throws", async () => {
    const reported = vi.spyOn(console, "error").mockImplementation(() => {});
    const { handle, frame, tell } = await converse();
    const seen: string[] = [];
    const broken = new Error("a handler's own");
    const off = handle.on(() => {
      throw broken;
    });
    handle.on((each) => seen.push(each.type));
    tell({ t: "interruption" });
    tell({ t: "usage" });
    await frame("usage");
    await until(() => seen.length === 2);
    expect(seen).toEqual(["interruption", "usage"]);
    expect(reported.mock.calls).toEqual([[broken], [broken]]);
    off();
  });

  it("reports to the page where there is one", async () => {
    const report = vi.fn();
    const { handle, frame, tell } = await converse();
    vi.stubGlobal("location", { origin: "https://page.example" });
    vi.stubGlobal("reportError", report);
    const broken = new Error("a handler's own");
    const off = handle.on(() => {
      throw broken;
    });
    tell({ t: "usage" });
    await frame("usage");
    await until(() => report.mock.calls.length === 1);
    expect(report).toHaveBeenCalledWith(broken);
    off();
  });

  it("takes away what was registered, and nothing else", async () => {
    const { handle, frame, tell } = await converse();
    const seen: string[] = [];
    const handler = (each: RealtimeFrame) => void seen.push(each.type);
    const first = handle.on(handler);
    handle.on(handler);
    first();
    first();
    tell({ t: "usage" });
    await frame("usage");
    await until(() => seen.length > 0);
    expect(seen).toEqual(["usage"]);
  });

  it("does not tell a handler of the frame that brought it about", async () => {
    const { handle, frame, tell } = await converse();
    const seen: string[] = [];
    const off = handle.on(() => {
      off();
      handle.on((each) => seen.push(each.type));
    });
    tell({ t: "usage" });
    tell({ t: "interruption" });
    await frame("interruption");
    await until(() => seen.length > 0);
    expect(seen).toEqual(["interruption"]);
  });

  it("lets a handler take itself away while it is called", async () => {
    const { handle, frame, tell } = await converse();
    const seen: string[] = [];
    const off = handle.on((each) => {
      seen.push(`first ${each.type}`);
      off();
    });
    handle.on((each) => seen.push(each.type));
    tell({ t: "usage" });
    tell({ t: "interruption" });
    await frame("interruption");
    await until(() => seen.length === 3);
    expect(seen).toEqual(["first usage", "usage", "interruption"]);
  });
});

describe("close", () => {
  it("says why, and that it was the client", async () => {
    const { handle, socket, frame } = await converse();
    const closed = once(socket, "close");
    handle.close();
    handle.close(3000, "again");
    const [code, reason] = await closed;
    expect([code, String(reason)]).toEqual([1000, "client_closed"]);
    expect((await frame("close")).code).toBe(1000);
  });

  it("has a code and a reason of the caller's, as long as a close frame can carry", async () => {
    const { handle, socket } = await converse();
    const closed = once(socket, "close");
    handle.close(4000, "ü".repeat(62));
    const [code, reason] = await closed;
    expect([code, String(reason)]).toEqual([4000, "ü".repeat(61)]);
  });

  it("refuses a code that no client may send, and can be called again", async () => {
    const { handle, socket } = await converse();
    expect(() => handle.close(1006)).toThrow();
    const closed = once(socket, "close");
    handle.close();
    await closed;
  });

  it("brings no frame but close", async () => {
    const { handle, frames, frame, tell } = await converse();
    handle.close();
    tell({ t: "usage" });
    await frame("close");
    expect(frames.map(({ type }) => type)).toEqual(["close"]);
  });
});
