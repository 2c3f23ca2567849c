import { expect, it } from "vitest";
import { curlFor } from "../../src/pages/docs/curl.js";
import { operationsOf } from "../../src/pages/docs/openapi.js";

const schema = (type: string): { schema: { type: string } } => ({ schema: { type } });

function command(path: string, method: string, operation: Record<string, unknown>): string {
  const document = { security: [{ bearer: [] }], paths: { [path]: { [method]: operation } } };
  const [found] = operationsOf(JSON.parse(JSON.stringify(document)));
  return found ? curlFor({}, found, "http://g.test") : "";
}

it("fills in paths and required queries in capitals", () => {
  const parameters = [
    { name: "language", in: "query", required: true, ...schema("string") },
    { name: "limit", in: "query", ...schema("integer") },
  ];
  expect(command("/v1/things/{thing_id}", "get", { parameters })).toBe(
    "curl 'http://g.test/v1/things/THING_ID?language=en' \\\n  -H \"Authorization: Bearer $SPEKO_API_KEY\"",
  );
});

it("sends sound from a file, and reads events as they come", () => {
  const text = command("/v1/hear", "post", {
    requestBody: { content: { "audio/wav": schema("string") } },
    responses: { 200: { content: { "text/event-stream": schema("string") } } },
  });
  expect(text).toContain("--data-binary @speech.wav");
  expect(text).toContain("-H 'Content-Type: audio/wav'");
  expect(text).toContain("--no-buffer");
});

it("writes sound to a file", () => {
  const responses = { 200: { content: { "audio/mpeg": schema("string") } } };
  expect(command("/v1/say", "post", { responses })).toContain("-o ANSWER");
});

it("lets no quotation mark out of its argument", () => {
  const parameters = [
    { name: "X-Words", in: "header", required: true, schema: { type: "string", examples: ["it's; rm -rf"] } },
  ];
  expect(command("/v1/say", "get", { parameters })).toContain("-H 'X-Words: it'\\''s; rm -rf'");
});

it("leaves the key out where none is needed", () => {
  expect(command("/healthz", "get", { security: [] })).toBe("curl http://g.test/healthz");
  expect(command("/healthz", "get", { security: [{}] })).toBe("curl http://g.test/healthz");
});
