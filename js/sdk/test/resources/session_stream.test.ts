import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { SessionEvent } from "../../src/index.js";
import { Observation } from "../../src/resources/observation.js";
import {
  brokenAfter,
  collect,
  gateway,
  hangingAfter,
  json,
  pieces,
  rejection,
  silence,
  sse,
} from "../support/gateway.js";
import { until } from "../support/until.js";

const ACTIVE = sse("status", { status: "active", endedAt: null });
const END = sse("end", { reason: "session_ended" });
const turn = (index: number) => sse("transcript", { id: `turn_${index}`, index, text: "…" });
const kinds = (events: SessionEvent[]) =>
  events.map((event) => (event.type === "transcript" ? event.index : event.type));

describe("sessions.stream", () => {
  it("asks for events from its cursor on", async () => {
    const { client, only } = await gateway(pieces([ACTIVE, turn(4), END]));
    const stream = client().sessions.stream("s 1", { cursor: "3:7" });
    const { events, error } = await collect(stream);
    expect([kinds(events), error]).toEqual([["status", 4, "end"], undefined]);
    expect(stream.cursor).toBe("4:7");
    expect(only()).toMatchObject({ method: "GET", url: "/v1/sessions/s%201/stream?cursor=3%3A7" });
    expect(only().headers.accept).toBe("text/event-stream");
  });

  it("is silent about what keeps the connection alive", async () => {
    const { client } = await gateway(pieces([": keep-alive\n\n", ACTIVE, ": keep-alive\n\n", END]));
    expect(kinds((await collect(client().sessions.stream("s1"))).events)).toEqual(["status", "end"]);
  });

  it("takes an end without its blank line", async () => {
    const { client } = await gateway(pieces([ACTIVE, END.trimEnd()]));
    expect(kinds((await collect(client().sessions.stream("s1"))).events)).toEqual(["status", "end"]);
  });

  it("sends nothing before it is asked for an event", async () => {
    const { client, received } = await gateway(silence);
    await client().sessions.stream("s1").return();
    expect(received).toEqual([]);
  });

  it("closes the connection when the caller leaves", async () => {
    const { client, only } = await gateway(hangingAfter([ACTIVE]));
    for await (const event of client().sessions.stream("s1")) {
      expect(event.type).toBe("status");
      break;
    }
    await only().closed;
  });

  it.each([
    [401, "UNAUTHORIZED", "AUTH_ERROR"],
    [404, "SESSION_NOT_FOUND", "SESSION_NOT_FOUND"],
    [429, "RATE_LIMITED", "RATE_LIMITED"],
  ])("raises %d at once", async (status, code, raised) => {
    const { client, received } = await gateway(json({ error: "no", code }, status));
    expect((await collect(client().sessions.stream("s1"))).error).toMatchObject({ status, code: raised });
    expect(received.length).toBe(1);
  });

  it("raises an error event at once", async () => {
    const { client } = await gateway(pieces([ACTIVE, sse("error", { error: "no", code: "INTERNAL_ERROR" })]));
    expect((await collect(client().sessions.stream("s1"))).error).toMatchObject({
      status: 200,
      code: "INTERNAL_ERROR",
    });
  });

  it("ends with its signal while it waits for an event", async () => {
    const { client, only } = await gateway(hangingAfter([ACTIVE]));
    const caller = new AbortController();
    const stream = client().sessions.stream("s1", { signal: caller.signal });
    await stream.next();
    const outcome = rejection(stream.next());
    caller.abort();
    expect(await outcome).toMatchObject({ name: "AbortError" });
    await only().closed;
  });
});

describe("sessions.stream, when a connection ends before the session", () => {
  const lost = Observation.prototype.lost;

  beforeEach(() => {
    // How long it waits is tested with Observation; here it waits for nothing.
    vi.spyOn(Observation.prototype, "lost").mockImplementation(function (this: Observation) {
      return Math.min(lost.call(this), 0);
    });
  });
  afterEach(() => {
    vi.restoreAllMocks();
    vi.useRealTimers();
  });

  it("goes on where the last one stopped, whatever ended it", async () => {
    const { client, received } = await gateway(
      pieces([ACTIVE, turn(0), sse("end", { reason: "timeout" }), turn(99)]),
      brokenAfter([ACTIVE, turn(1)]),
      json({ error: "Restarting", code: "INTERNAL_ERROR" }, 503),
      pieces([ACTIVE, turn(2)]),
      (response) => response.destroy(),
      pieces([ACTIVE, turn(3), END]),
    );
    const { events, error } = await collect(client().sessions.stream("s1"));
    expect([kinds(events), error]).toEqual([["status", 0, 1, 2, 3, "end"], undefined]);
    expect(received.map(({ url }) => url.split("cursor=")[1])).toEqual(
      ["-1:0", "0:0", "1:0", "1:0", "2:0", "2:0"].map(encodeURIComponent),
    );
  });

  it("leaves a connection that says nothing any more", async () => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    const { client, received } = await gateway(hangingAfter([ACTIVE]), pieces([ACTIVE, END]));
    const stream = client().sessions.stream("s1");
    await stream.next();
    const rest = collect(stream);
    // Once for the silence, once for the delay before the next connection.
    vi.advanceTimersByTime(60_000);
    await received[0]?.closed;
    await vi.waitUntil(() => vi.advanceTimersByTime(1) && received.length === 2, { interval: 1, timeout: 30_000 });
    expect(kinds((await rest).events)).toEqual(["end"]);
  });

  it("takes no time of the caller's for silence", async () => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    let goOn = () => {};
    const { client, received } = await gateway((response) => {
      response.writeHead(200, { "Content-Type": "text/event-stream" }).write(ACTIVE + turn(0));
      goOn = () => response.end(END);
    });
    const stream = client().sessions.stream("s1");
    await stream.next();
    vi.advanceTimersByTime(120_000);
    goOn();
    expect(kinds((await collect(stream)).events)).toEqual([0, "end"]);
    expect(received.length).toBe(1);
  });

  it("gives up after ten that brought nothing", async () => {
    const { client, received } = await gateway((response) => response.destroy());
    const { error } = await collect(client().sessions.stream("s1"));
    expect(error).toMatchObject({ name: "SpekoApiError", status: 0, code: "STREAM_DISCONNECTED" });
    expect(received.length).toBe(10);
  });

  it("ends with its signal while it waits for the next", async () => {
    const { client } = await gateway((response) => response.destroy());
    const caller = new AbortController();
    vi.mocked(Observation.prototype.lost).mockReturnValue(60_000);
    const outcome = collect(client().sessions.stream("s1", { signal: caller.signal }));
    await until(() => vi.mocked(Observation.prototype.lost).mock.calls.length === 1);
    caller.abort(new Error("enough"));
    expect((await outcome).error).toMatchObject({ message: "enough" });
  });
});
