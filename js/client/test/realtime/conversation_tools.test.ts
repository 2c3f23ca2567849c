import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { settle, World } from "./fakes.js";

let world: World;

beforeEach(() => {
  vi.useFakeTimers();
  world = new World();
});
afterEach(() => vi.useRealTimers());

describe("tool calls", () => {
  const call = { t: "tool_call", callId: "call_1", name: "weather", arguments: '{"city":"Oslo"}' };

  it.each([
    ["a string", () => "sunny", "sunny"],
    ["an object", () => ({ degrees: 21 }), '{"degrees":21}'],
    ["a promise", async () => ["rain"], '["rain"]'],
    ["nothing", () => undefined, "null"],
  ])("are answered with what the handler returns: %s", async (_, onToolCall, output) => {
    const handler = vi.fn(onToolCall);
    await world.connect({ onToolCall: handler });
    world.socket.says(call);
    await settle();
    expect(handler).toHaveBeenCalledWith({ callId: "call_1", name: "weather", arguments: '{"city":"Oslo"}' });
    expect(world.socket.frames()).toEqual([{ t: "tool_result", callId: "call_1", output }]);
  });

  const circle: Record<string, unknown> = {};
  circle.self = circle;
  it.each([
    [
      "throws",
      () => {
        throw new Error("secret detail");
      },
    ],
    ["rejects", () => Promise.reject(new Error("secret detail"))],
    ["throws what is no error", () => Promise.reject("odd")],
    ["returns what JSON cannot say", () => circle],
  ])("of a handler that %s are answered, too, and told", async (_, onToolCall) => {
    await world.connect({ onToolCall });
    world.socket.says(call);
    await settle();
    expect(world.socket.frames()).toEqual([{ t: "tool_result", callId: "call_1", output: "The tool failed." }]);
    expect(world.log).toEqual([expect.stringMatching(/^error /)]);
  });

  it("without a handler are answered", async () => {
    await world.connect();
    world.socket.says(call);
    const output = "There is no such tool here.";
    expect(world.socket.frames()).toEqual([{ t: "tool_result", callId: "call_1", output }]);
  });

  it("that are done after the end are nothing", async () => {
    let done: (output: string) => void = () => {};
    const session = await world.connect({ onToolCall: () => new Promise((resolve) => (done = resolve)) });
    world.socket.says(call);
    await session.end();
    const before = [...world.log];
    done("late");
    await settle();
    expect(world.socket.sent).toEqual([]);
    expect(world.log).toEqual(before);
  });
});
