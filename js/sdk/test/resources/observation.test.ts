import { describe, expect, it } from "vitest";
import type { ServerSentEvent } from "../../src/http/sse.js";
import { Observation } from "../../src/resources/observation.js";
import { below, seeded } from "../support/random.js";

const event = (name: string, data: unknown): ServerSentEvent => ({ name, data: JSON.stringify(data) });
const turn = (index: number) => event("transcript", { id: `turn_${index}`, index, text: "…" });
const call = (id: string, at: number) => event("event", { id, created_at: new Date(at).toISOString() });
const status = (is: string) => event("status", { status: is, endedAt: null });

describe("Observation", () => {
  it.each([
    [undefined, "-1:0"],
    ["", "-1:0"],
    ["-1:0", "-1:0"],
    ["4:1700000000000", "4:1700000000000"],
    ["4", "-1:0"],
    ["4:", "-1:0"],
    ["x:y", "-1:0"],
    ["-2:0", "-1:0"],
    ["4:5:6", "-1:0"],
  ])("begins at the cursor %o, which is %o", (given, cursor) => {
    expect(new Observation(given).cursor).toBe(cursor);
  });

  it("gives each turn once, and goes on behind the last", () => {
    const observation = new Observation("1:0");
    expect([turn(1), turn(2), turn(2), turn(5)].map((raw) => observation.take(raw)?.type)).toEqual([
      undefined,
      "transcript",
      undefined,
      "transcript",
    ]);
    expect(observation.cursor).toBe("5:0");
  });

  it("gives a status when it changes", () => {
    const observation = new Observation(undefined);
    const seen = ["created", "active", "active", "ended"].map((is) => observation.take(status(is))?.type);
    expect(seen).toEqual(["status", "status", undefined, "status"]);
  });

  it("gives each event once, though the gateway repeats two seconds", () => {
    const observation = new Observation(undefined);
    const seen = [call("a", 1000), call("b", 2500), call("a", 1000), call("b", 2500), call("c", 2400)];
    expect(seen.map((raw) => observation.take(raw)?.type)).toEqual(["event", "event", undefined, undefined, "event"]);
    expect(observation.cursor).toBe("-1:2500");
  });

  it("forgets events after 10 s of their own time", () => {
    const observation = new Observation(undefined);
    observation.take(call("a", 1000));
    observation.take(call("b", 10_999));
    expect(observation.take(call("a", 1000))).toBeUndefined();
    observation.take(call("c", 11_000));
    expect(observation.take(call("a", 1000))?.type).toBe("event");
  });

  it("takes an event without a time", () => {
    const observation = new Observation("-1:7");
    expect(observation.take(event("event", { id: "a", created_at: "soon" }))?.type).toBe("event");
    expect(observation.take(event("event", { id: "a", created_at: "soon" }))).toBeUndefined();
    expect(observation.cursor).toBe("-1:7");
  });

  it("gives the members as they came", () => {
    expect(new Observation(undefined).take(event("status", { status: "active", endedAt: null, more: 1 }))).toEqual({
      type: "status",
      status: "active",
      endedAt: null,
      more: 1,
    });
  });

  it("ends with the session, and not with a connection", () => {
    const observation = new Observation(undefined);
    expect(observation.take(event("end", { reason: "timeout" }))).toBeUndefined();
    expect([observation.ended, observation.rotated]).toEqual([false, true]);
    observation.connect();
    expect(observation.rotated).toBe(false);
    expect(observation.take(event("end", { reason: "session_ended" }))).toEqual({
      type: "end",
      reason: "session_ended",
    });
    expect(observation.ended).toBe(true);
  });

  it("throws for an error", () => {
    const failed = event("error", { error: "Unknown session", code: "SESSION_NOT_FOUND" });
    expect(() => new Observation(undefined).take(failed)).toThrow(
      expect.objectContaining({ status: 200, code: "SESSION_NOT_FOUND", message: "Unknown session" }),
    );
  });

  it("throws for what cannot be read, and skips what it does not know", () => {
    const observation = new Observation(undefined);
    expect(() => observation.take({ name: "status", data: "7" })).toThrow(
      expect.objectContaining({ code: "INVALID_RESPONSE" }),
    );
    expect(observation.take({ name: "news", data: "7" })).toBeUndefined();
    expect(observation.take({ name: "message", data: "" })).toBeUndefined();
  });

  it("waits longer after each connection that brought nothing, and gives up after ten", () => {
    const observation = new Observation(undefined);
    const delays = Array.from({ length: 9 }, () => {
      observation.connect();
      return observation.lost();
    });
    expect(delays).toEqual([500, 1000, 1500, 2000, 2500, 3000, 3500, 4000, 4500]);
    observation.connect();
    expect(() => observation.lost()).toThrow(expect.objectContaining({ status: 0, code: "STREAM_DISCONNECTED" }));
  });

  it("counts from the beginning after a connection that brought something", () => {
    const observation = new Observation(undefined);
    for (let times = 0; times < 5; times += 1) {
      observation.connect();
      observation.lost();
    }
    observation.connect();
    observation.take(status("active"));
    expect(observation.lost()).toBe(500);
    observation.connect();
    expect(observation.lost()).toBe(500);
  });

  it("misses nothing and repeats nothing, wherever connections break", () => {
    for (let seed = 1; seed <= 100; seed += 1) {
      const random = seeded(seed);
      const turns = Array.from({ length: 1 + below(random, 20) }, (_, index) => index * (1 + below(random, 2)));
      const all = [...new Set(turns)].sort((one, other) => one - other);
      const observation = new Observation(undefined);
      const seen: number[] = [];
      while (!observation.ended) {
        observation.connect();
        // What a gateway sends to this cursor, cut anywhere.
        const after = Number(observation.cursor.split(":")[0]);
        const sent = [...all.filter((index) => index > after).map(turn), event("end", { reason: "session_ended" })];
        for (const raw of sent.slice(0, below(random, sent.length + 1))) {
          const found = observation.take(raw);
          if (found?.type === "transcript") {
            seen.push(found.index);
          }
        }
      }
      expect(seen, `seed ${seed}`).toEqual(all);
    }
  });
});
