/** JSON Schemas as words. References are followed one step at a time, so that a schema may contain itself. */

import { count } from "../../ui/format.js";
import { array, type Json, type JsonObject, object, text } from "./openapi.js";

/** A member of an object. */
export interface Member {
  name: string;
  required: boolean;
  schema: JsonObject;
}

const REFERENCE = "#/components/schemas/";
/** References to references end somewhere, or the document is wrong. */
const MOST_STEPS = 16;

/** The schema that a reference means; what is no reference is itself. A dead or endless reference means anything. */
export function resolved(document: JsonObject, schema: JsonObject): JsonObject {
  let found = schema;
  for (let step = 0; step < MOST_STEPS; step += 1) {
    const name = referenced(found);
    if (name === null) {
      return found;
    }
    found = object(object(object(document.components).schemas)[name]);
  }
  return {};
}

/** Its name, where it has one: "TurnEvent". */
export function nameOf(schema: JsonObject): string | null {
  return referenced(schema);
}

/** One line: "string", "integer, 1–100", "array of TurnEvent", `"user" or "agent"`, "number or null". */
export function typeText(document: JsonObject, schema: JsonObject): string {
  const alternatives = alternativesOf(schema);
  if (alternatives.length > 0) {
    return joined(alternatives.map((one) => typeText(document, one)));
  }
  const name = referenced(schema);
  if (name !== null) {
    const meant = resolved(document, schema);
    return isObject(meant) ? name : typeText(document, meant);
  }
  if (schema.const !== undefined) {
    return JSON.stringify(schema.const);
  }
  if (Array.isArray(schema.enum)) {
    return joined(schema.enum.map((value) => JSON.stringify(value)));
  }
  if (schema.type === "array") {
    return `array of ${typeText(document, object(schema.items))}${range(schema, "minItems", "maxItems", "item")}`;
  }
  const types = Array.isArray(schema.type) ? schema.type.map(text) : [text(schema.type) || "anything"];
  const format = schema.format ? ` (${text(schema.format)})` : "";
  const limits = range(schema, "minimum", "maximum", "") || range(schema, "minLength", "maxLength", "character");
  return `${joined(types)}${format}${limits}`;
}

/** The members of what a schema means, through references, arrays and alternatives; empty for plain values. */
export function membersOf(document: JsonObject, schema: JsonObject): readonly Member[] {
  const found = new Map<string, Member>();
  for (const one of objectsIn(document, schema, 0)) {
    const required = array(one.required);
    for (const [name, member] of Object.entries(object(one.properties))) {
      found.set(name, { name, required: required.includes(name), schema: object(member) });
    }
  }
  return [...found.values()];
}

/** A value that the schema takes: required members alone, the first of alternatives, and no endless nesting. */
export function exampleOf(document: JsonObject, schema: JsonObject, name = "", depth = 0): Json {
  const [first] = [...array(schema.examples), schema.default ?? schema.const];
  if (first !== undefined && first !== null) {
    return first;
  }
  const meant = resolved(document, alternativesOf(schema)[0] ?? schema);
  const [choice] = array(meant.enum);
  if (choice !== undefined) {
    return choice;
  }
  if (isObject(meant)) {
    const needed = depth > MOST_STEPS ? [] : membersOf(document, meant).filter((member) => member.required);
    return Object.fromEntries(
      needed.map((member) => [member.name, exampleOf(document, member.schema, member.name, depth + 1)]),
    );
  }
  return plainExample(document, meant, name, depth);
}

/** What comes to a reader's mind where the name alone tells what is meant. */
const BY_NAME: Record<string, string> = {
  language: "en",
  text: "Hello there.",
  content: "Hello there.",
  name: "example",
  provider: "openai",
  apiKey: "…",
};

function plainExample(document: JsonObject, schema: JsonObject, name: string, depth: number): Json {
  const type = Array.isArray(schema.type) ? schema.type[0] : schema.type;
  switch (type) {
    case "array":
      return depth > MOST_STEPS ? [] : [exampleOf(document, object(schema.items), name, depth + 1)];
    case "integer":
    case "number":
      return typeof schema.minimum === "number" ? schema.minimum : 0;
    case "boolean":
      return false;
    case "null":
      return null;
    default:
      return BY_NAME[name] ?? "…";
  }
}

function objectsIn(document: JsonObject, schema: JsonObject, step: number): readonly JsonObject[] {
  if (step > MOST_STEPS) {
    return [];
  }
  const meant = resolved(document, schema);
  const parts = [...alternativesOf(meant), ...array(meant.allOf).map(object)];
  if (meant.type === "array") {
    parts.push(object(meant.items));
  }
  const nested = parts.flatMap((part) => objectsIn(document, part, step + 1));
  return meant.properties === undefined ? nested : [meant, ...nested];
}

function isObject(schema: JsonObject): boolean {
  return schema.type === "object" || schema.properties !== undefined || schema.allOf !== undefined;
}

function alternativesOf(schema: JsonObject): readonly JsonObject[] {
  return [...array(schema.oneOf), ...array(schema.anyOf)].map(object);
}

function referenced(schema: JsonObject): string | null {
  const reference = text(schema.$ref);
  return reference.startsWith(REFERENCE) ? reference.slice(REFERENCE.length) : null;
}

function range(schema: JsonObject, least: string, most: string, unit: string): string {
  const [from, to] = [schema[least], schema[most]];
  const words = (value: number): string => value.toLocaleString("en");
  const counted = (value: number): string => (unit === "" ? words(value) : count(value, unit));
  if (typeof from === "number" && typeof to === "number") {
    return `, ${words(from)}–${counted(to)}`;
  }
  if (typeof from === "number") {
    return `, at least ${counted(from)}`;
  }
  return typeof to === "number" ? `, at most ${counted(to)}` : "";
}

/** "a", "a or b", "a, b or c"; the same words once. */
function joined(words: readonly string[]): string {
  const once = [...new Set(words)];
  return once.length < 2 ? (once[0] ?? "anything") : `${once.slice(0, -1).join(", ")} or ${once.at(-1)}`;
}
