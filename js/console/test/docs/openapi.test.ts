import { describe, expect, it } from "vitest";
import published from "../../../../docs/reference/openapi.json?raw";
import { curlFor } from "../../src/pages/docs/curl.js";
import { EXAMPLES, QUERIES } from "../../src/pages/docs/examples.js";
import { grouped, type Json, type JsonObject, object, operationsOf, search } from "../../src/pages/docs/openapi.js";
import { exampleOf, membersOf, typeText } from "../../src/pages/docs/schema.js";

const gateway = JSON.parse(published) as JsonObject;

const document: JsonObject = {
  components: {
    schemas: {
      Node: {
        type: "object",
        required: ["value", "next"],
        properties: {
          value: { type: "integer", minimum: 1, maximum: 5 },
          next: { $ref: "#/components/schemas/Node" },
          children: { type: "array", items: { $ref: "#/components/schemas/Node" }, maxItems: 3 },
        },
      },
      Loop: { $ref: "#/components/schemas/Loop" },
      Colour: { enum: ["red", "blue"] },
      Both: { allOf: [{ $ref: "#/components/schemas/Node" }, { properties: { more: { type: "string" } } }] },
    },
  },
};

const to = (name: string): JsonObject => ({ $ref: `#/components/schemas/${name}` });

describe("typeText", () => {
  it("says what a value may be", () => {
    const cases: [JsonObject, string][] = [
      [{ type: "string" }, "string"],
      [{ type: "string", minLength: 1, maxLength: 100 }, "string, 1–100 characters"],
      [{ type: "integer", minimum: 1 }, "integer, at least 1"],
      [{ type: "string", format: "date-time" }, "string (date-time)"],
      [{ type: ["null", "string"], enum: ["a", null] }, '"a" or null'],
      [{ oneOf: [{ type: "string" }, { type: "null" }] }, "string or null"],
      [{ anyOf: [to("Node"), { type: "null" }] }, "Node or null"],
      [{ type: "array", items: to("Node"), minItems: 1 }, "array of Node, at least 1 item"],
      [to("Colour"), '"red" or "blue"'],
      [{ const: "s2s" }, '"s2s"'],
      [{}, "anything"],
    ];
    for (const [schema, words] of cases) {
      expect(typeText(document, schema)).toBe(words);
    }
  });

  it("ends at a reference to itself and at one to nothing", () => {
    expect(typeText(document, to("Loop"))).toBe("anything");
    expect(typeText(document, to("Missing"))).toBe("anything");
  });
});

describe("membersOf", () => {
  it("finds them through references, arrays, alternatives and allOf", () => {
    const names = (schema: JsonObject): string[] => membersOf(document, schema).map((member) => member.name);
    expect(names(to("Node"))).toEqual(["value", "next", "children"]);
    expect(names({ type: "array", items: to("Node") })).toEqual(["value", "next", "children"]);
    expect(names({ anyOf: [to("Node"), { type: "null" }] })).toEqual(["value", "next", "children"]);
    expect(names(to("Both"))).toEqual(["value", "next", "children", "more"]);
    expect(names({ type: "string" })).toEqual([]);
    expect(names(to("Loop"))).toEqual([]);
  });
});

describe("exampleOf", () => {
  it("ends where a schema requires itself", () => {
    expect(JSON.stringify(exampleOf(document, to("Node"))).length).toBeLessThan(2000);
  });

  it("prefers what the schema itself gives", () => {
    expect(exampleOf(document, { type: "string", examples: ["mine"] })).toBe("mine");
    expect(exampleOf(document, { type: "integer", default: 20 })).toBe(20);
    expect(exampleOf(document, to("Colour"))).toBe("red");
  });
});

describe("the gateway's own document", () => {
  const operations = operationsOf(gateway);

  it("is read whole", () => {
    const all = Object.values(object(gateway.paths)).flatMap((item) => Object.keys(object(item)));
    expect(operations).toHaveLength(all.length);
    expect(new Set(operations.map((operation) => operation.id)).size).toBe(all.length);
    expect([...grouped(operations).values()].flat()).toHaveLength(all.length);
  });

  it("has words for every schema in it", () => {
    for (const operation of operations) {
      for (const content of [operation.body, ...operation.responses]) {
        for (const { schema } of content?.types ?? []) {
          expect(typeText(gateway, schema)).not.toBe("");
          for (const member of membersOf(gateway, schema)) {
            expect(typeText(gateway, member.schema)).not.toBe("");
          }
        }
      }
    }
  });

  it("is searched by path, words and parameters", () => {
    const ids = (typed: string): string[] => search(operations, typed).map((operation) => operation.id);
    expect(ids("")).toHaveLength(operations.length);
    expect(ids("POST sessions")).toContain("post /v1/sessions");
    expect(ids("optimizefor")).toContain("get /v1/benchmarks/stack");
    expect(ids("no such thing")).toEqual([]);
  });

  it("makes a command for every operation, without a gap and with the key from the environment", () => {
    for (const operation of operations) {
      const command = curlFor(gateway, operation, "http://gateway.test");
      expect(command).toMatch(/^curl /);
      expect(command).toContain("http://gateway.test/");
      expect(command).not.toMatch(/[{]\w+[}]|undefined|\[object/);
      expect(command.includes("$SPEKO_API_KEY")).toBe(!operation.open);
    }
  });

  it("has only members in the hand-made examples that the gateway knows, and all that it requires", () => {
    for (const [id, example] of Object.entries(EXAMPLES)) {
      const operation = operations.find((one) => one.id === id);
      const [body] = operation?.body?.types ?? [];
      expect(body, id).toBeDefined();
      fits(example, body?.schema ?? {}, id);
    }
  });
});

it("has only queries of parameters that the gateway knows", () => {
  for (const [id, query] of Object.entries(QUERIES)) {
    const operation = operationsOf(gateway).find((one) => one.id === id);
    const known = operation?.parameters.filter((parameter) => parameter.place === "query").map(({ name }) => name);
    expect(known, id).toEqual(expect.arrayContaining([...new URLSearchParams(query).keys()]));
  }
});

function fits(example: Json, schema: JsonObject, where: string): void {
  if (Array.isArray(example)) {
    for (const entry of example) {
      fits(entry, schema, where);
    }
  } else if (typeof example === "object" && example !== null) {
    const members = membersOf(gateway, schema);
    expect(
      members.map((member) => member.name),
      where,
    ).toEqual(expect.arrayContaining(Object.keys(example)));
    expect(Object.keys(example), where).toEqual(
      expect.arrayContaining(members.filter((member) => member.required).map((member) => member.name)),
    );
    for (const member of members) {
      const value = example[member.name];
      if (value !== undefined) {
        fits(value, member.schema, `${where} ${member.name}`);
      }
    }
  }
}
