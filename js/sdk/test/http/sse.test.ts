import { describe, expect, it } from "vitest";
import { SpekoApiError } from "../../src/http/errors.js";
import { LONGEST_EVENT, type ServerSentEvent, SseParser } from "../../src/http/sse.js";
import { below, cut, seeded } from "../support/random.js";

const encoder = new TextEncoder();

function parse(chunks: Iterable<Uint8Array>): ServerSentEvent[] {
  const parser = new SseParser();
  const events = [...chunks].flatMap((chunk) => [...parser.feed(chunk)]);
  const last = parser.finish();
  return last === undefined ? events : [...events, last];
}

const parseText = (text: string) => parse([encoder.encode(text)]);

describe("SseParser", () => {
  it.each([
    ["an event", "event: meta\ndata: {}\n\n", [{ name: "meta", data: "{}" }]],
    ["no name", "data: x\n\n", [{ name: "message", data: "x" }]],
    ["no space behind the colon", "event:done\ndata:x\n\n", [{ name: "done", data: "x" }]],
    ["one space of several", "data:  x\n\n", [{ name: "message", data: " x" }]],
    ["colons in data", "data: a:b: c\n\n", [{ name: "message", data: "a:b: c" }]],
    ["several data lines", "data: a\ndata: b\ndata\n\n", [{ name: "message", data: "a\nb\n" }]],
    ["lines that end with CRLF", "event: a\r\ndata: x\r\n\n", [{ name: "a", data: "x" }]],
    ["blank lines that end with CRLF", "data: x\r\n\r\ndata: y\r\n\r\n", ["x", "y"].map(message)],
    ["comments and other fields", ": keep-alive\nid: 7\nretry: 9\nother\ndata: x\n\n", [message("x")]],
    ["comments alone", ": keep-alive\n\n: keep-alive\n\n", []],
    ["a name without data, and forgotten", "event: a\n\ndata: x\n\n", [message("x")]],
    [
      "the last block without its blank line",
      "data: x\n\nevent: a\ndata: y\n",
      [message("x"), { name: "a", data: "y" }],
    ],
    ["the last line without its end", "event: a\ndata: y", [{ name: "a", data: "y" }]],
    ["a byte order mark", "\ufeffdata: x\n\n", [message("x")]],
    ["blank lines in a row", "\n\n\ndata: x\n\n\n\n", [message("x")]],
    ["nothing", "", []],
  ])("reads %s", (_, text, events) => {
    expect(parseText(text)).toEqual(events);
  });

  it("reads the same however the network cuts it", () => {
    for (let seed = 1; seed <= 200; seed += 1) {
      const random = seeded(seed);
      const { text, events } = streamOf(random);
      expect(parse(cut(encoder.encode(text), random)), `seed ${seed}`).toEqual(events);
    }
  });

  it("reads one byte at a time", () => {
    const bytes = encoder.encode('event: delta\r\ndata: {"text":"Grüße, 世界 🌍"}\n\n');
    const single = [...bytes].map((byte) => Uint8Array.of(byte));
    expect(parse(single)).toEqual([{ name: "delta", data: '{"text":"Grüße, 世界 🌍"}' }]);
  });

  it("gives up on an event without end, behind those that can be read", () => {
    const parser = new SseParser("req_1");
    const chunk = encoder.encode(`data: x\n\ndata: ${"y".repeat(LONGEST_EVENT / 4)}`);
    const more = encoder.encode("y".repeat(LONGEST_EVENT / 4));
    expect([...parser.feed(chunk)]).toEqual([message("x")]);
    [...parser.feed(more), ...parser.feed(more)];
    expect(() => [...parser.feed(more)]).toThrow(
      expect.objectContaining({ code: "INVALID_RESPONSE", status: 200, requestId: "req_1" }),
    );
    expect(() => [...parser.feed(more)]).toThrow(SpekoApiError);
  });

  it("is of one event, and not of the stream", () => {
    const parser = new SseParser();
    const event = encoder.encode(`data: ${"x".repeat(LONGEST_EVENT / 4)}\n\n`);
    for (let count = 0; count < 6; count += 1) {
      expect([...parser.feed(event)]).toHaveLength(1);
    }
  });
});

function message(data: string): ServerSentEvent {
  return { name: "message", data };
}

const TEXTS = ["{}", "a", "", " padded", "Grüße", "世界", "🌍🎙️", "a: b", "event: x", "\u2028"];
const NOISE = [": keep-alive", "id: 1", "retry: 3", "data_: x", "unknown"];

/** A stream as a gateway may write it, and what is in it. */
function streamOf(random: () => number): { text: string; events: ServerSentEvent[] } {
  const pick = (from: string[]) => from[below(random, from.length)] ?? "";
  const end = () => pick(["\n", "\r\n"]);
  const events: ServerSentEvent[] = [];
  let text = "";
  for (let count = below(random, 6); count > 0; count -= 1) {
    const lines = Array.from({ length: 1 + below(random, 3) }, () => pick(TEXTS));
    const name = pick(["meta", "delta", "done", ""]);
    const block = [...(name === "" ? [] : [`event: ${name}`]), ...lines.map((line) => `data: ${line}`)];
    block.splice(below(random, block.length + 1), 0, ...(random() < 0.5 ? [pick(NOISE)] : []));
    text += block.map((line) => line + end()).join("") + end();
    events.push({ name: name || "message", data: lines.join("\n") });
  }
  return { text, events };
}
