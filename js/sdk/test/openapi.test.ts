/** The types of this package against the document that the gateway serves, so that neither changes alone. */

import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { Speko } from "../src/index.js";
import { CALLS } from "./support/calls.js";
import { ANSWERS, type Kind } from "./support/documented_answers.js";
import { BODIES } from "./support/documented_bodies.js";

/** Operations that have no method, each for a reason. */
const WITHOUT_METHOD = new Set([
  // A redirect to a file: `<audio src>` and the like follow it themselves.
  "GET /v1/sessions/{session_id}/recording",
]);
/** Operations of this tag are called by that API's own clients. */
const OTHER_CLIENTS = "OpenAI's API";
/** Queries that another one stands for. */
const ALIASES = new Set(["optimizeFor"]);

interface Schema {
  $ref?: string;
  type?: string | string[];
  enum?: unknown[];
  oneOf?: Schema[];
  anyOf?: Schema[];
  items?: Schema;
  properties?: Record<string, Schema>;
  required?: string[];
  default?: unknown;
}
interface Operation {
  tags?: string[];
  parameters?: { name: string; in: string }[];
  responses: Record<string, { content?: Record<string, { schema?: Schema }> }>;
}
const DOCUMENT: {
  paths: Record<string, Record<string, Operation>>;
  components: { schemas: Record<string, Schema> };
} = JSON.parse(readFileSync(new URL("../../../docs/reference/openapi.json", import.meta.url), "utf8"));
const OPERATIONS = Object.entries(DOCUMENT.paths)
  .filter(([path]) => path.startsWith("/v1/"))
  .flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({
      name: `${method.toUpperCase()} ${path}`,
      path,
      operation,
    })),
  )
  .filter(({ operation }) => !operation.tags?.includes(OTHER_CLIENTS));

describe("the gateway's document", () => {
  it.each(Object.entries(ANSWERS))("has %s with the members of its type", (view, expected) => {
    const { properties = {}, required = [] } = DOCUMENT.components.schemas[view] ?? {};
    const documented = Object.entries(properties).map(([name, schema]) => [
      name,
      kindOf(schema, required.includes(name)),
    ]);
    expect(Object.fromEntries(documented)).toEqual(expected);
  });

  it("answers with nothing that has no type here", () => {
    const found = new Set<string>();
    for (const { operation } of OPERATIONS) {
      for (const [status, { content = {} }] of Object.entries(operation.responses)) {
        for (const { schema } of status.startsWith("2") ? Object.values(content) : []) {
          reach(schema ?? {}, found);
        }
      }
    }
    expect([...found].sort()).toEqual(Object.keys(ANSWERS).sort());
  });

  it.each(Object.entries(BODIES))("has %s with the members of its type", (body, { all, more = [] }) => {
    const documented = Object.keys(DOCUMENT.components.schemas[body]?.properties ?? {});
    expect([...documented, ...more].sort()).toEqual([...all].sort());
  });

  it("has no operation without a method, and every query is used", async () => {
    const sent = await everythingSent();
    const missing = OPERATIONS.filter(({ name }) => !WITHOUT_METHOD.has(name)).flatMap(({ name, path, operation }) => {
      const [method = ""] = name.split(" ");
      const urls = sent.filter((request) => request.method === method && matches(path, request.url));
      const queries = (operation.parameters ?? []).filter((parameter) => parameter.in === "query");
      const unused = queries.filter(
        (query) => !ALIASES.has(query.name) && !urls.some(({ url }) => url.searchParams.has(query.name)),
      );
      return urls.length === 0 ? [name] : unused.map((query) => `${name}?${query.name}`);
    });
    expect(missing).toEqual([]);
  });
});

function kindOf(schema: Schema, required: boolean): Kind {
  const choices = [schema, ...(schema.oneOf ?? []), ...(schema.anyOf ?? [])];
  if (choices.some(({ type }) => type === "null" || (Array.isArray(type) && type.includes("null")))) {
    return "nullable";
  }
  return required || schema.default !== undefined ? "plain" : "optional";
}

/** The names of all schemas that a schema is made of. */
function reach(schema: Schema, found: Set<string>): void {
  const name = schema.$ref?.split("/").at(-1);
  if (name !== undefined && !found.has(name)) {
    found.add(name);
    reach(DOCUMENT.components.schemas[name] ?? {}, found);
  }
  const parts = [
    schema.items,
    ...(schema.oneOf ?? []),
    ...(schema.anyOf ?? []),
    ...Object.values(schema.properties ?? {}),
  ];
  for (const part of parts) {
    if (part !== undefined) {
      reach(part, found);
    }
  }
}

function matches(template: string, { pathname }: URL): boolean {
  return new RegExp(`^${template.replace(/\{\w+\}/g, "[^/]+")}$`).test(pathname);
}

/** The requests of every method of the client. */
async function everythingSent(): Promise<{ method: string; url: URL }[]> {
  const sent: { method: string; url: URL }[] = [];
  const fetch = async (url: string, { method }: RequestInit) => {
    sent.push({ method: method ?? "", url: new URL(url) });
    return new Response('event: done\ndata: {}\n\nevent: end\ndata: {"reason":"session_ended"}\n\n', { status: 200 });
  };
  const speko = new Speko({ apiKey: "sk", baseUrl: "http://gateway.example", fetch });
  const ignore = () => {};
  for (const [, call] of CALLS) {
    await call(speko).catch(ignore);
  }
  await speko.transcribe(new Uint8Array(1), { language: "en" });
  await speko.synthesize("a", { language: "en" });
  await speko.complete({ messages: [], intent: { language: "en" } });
  await speko.sessions.stream("s1").next();
  return sent;
}
