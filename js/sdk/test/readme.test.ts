import { readdirSync, readFileSync } from "node:fs";
import { expect, it } from "vitest";

const EXAMPLES = new URL("./examples/", import.meta.url);
const examples = readdirSync(EXAMPLES).map((name) => readFileSync(new URL(name, EXAMPLES), "utf8"));
const readme = readFileSync(new URL("../README.md", import.meta.url), "utf8");
const blocks = [...readme.matchAll(/```ts\n(.*?)```/gs)].map(([, code = ""]) => code);

it("shows code", () => {
  expect(blocks.length).toBeGreaterThan(3);
});

// The examples are compiled with the tests.
it.each(blocks.map((code) => [code.trim().split("\n")[0], code]))("has an example with the code of %s", (_, code) => {
  expect(examples.some((example) => example.includes(code))).toBe(true);
});
