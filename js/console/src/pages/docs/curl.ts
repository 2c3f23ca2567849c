/** An operation as a command that can be pasted into a terminal. */

import { EXAMPLES, QUERIES } from "./examples.js";
import type { JsonObject, Operation } from "./openapi.js";
import { exampleOf } from "./schema.js";

/** The key comes from the environment; what has to be filled in stands in capitals. */
export function curlFor(document: JsonObject, operation: Operation, origin: string): string {
  const parts = [
    `curl ${operation.method === "get" ? "" : `-X ${operation.method.toUpperCase()} `}${quoted(addressOf(operation, origin))}`,
  ];
  if (!operation.open) {
    parts.push('-H "Authorization: Bearer $SPEKO_API_KEY"');
  }
  for (const parameter of operation.parameters) {
    if (parameter.place === "header" && parameter.required) {
      const example = exampleOf(document, parameter.schema, parameter.name);
      parts.push(
        `-H ${quoted(`${parameter.name}: ${typeof example === "string" ? example : JSON.stringify(example)}`)}`,
      );
    }
  }
  parts.push(...bodyOf(document, operation), ...outputOf(operation));
  return parts.join(" \\\n  ");
}

function addressOf(operation: Operation, origin: string): string {
  const path = operation.path.replace(/\{([^}]+)\}/g, (_, name: string) => name.toUpperCase());
  const query = operation.parameters
    .filter((parameter) => parameter.place === "query" && parameter.required)
    .map((parameter) => `${parameter.name}=${parameter.name === "language" ? "en" : parameter.name.toUpperCase()}`);
  const asked = QUERIES[operation.id] ?? query.join("&");
  return `${origin}${path}${asked === "" ? "" : `?${asked}`}`;
}

function bodyOf(document: JsonObject, operation: Operation): readonly string[] {
  const [first] = operation.body?.types ?? [];
  if (first === undefined) {
    return [];
  }
  const type = `-H ${quoted(`Content-Type: ${first.type}`)}`;
  return first.type === "application/json"
    ? [type, `-d ${quoted(JSON.stringify(EXAMPLES[operation.id] ?? exampleOf(document, first.schema)))}`]
    : [
        type,
        `--data-binary @${first.type.startsWith("audio/") ? `speech.${first.type.slice("audio/".length)}` : "FILE"}`,
      ];
}

function outputOf(operation: Operation): readonly string[] {
  const types = operation.responses
    .filter((answer) => answer.status.startsWith("2"))
    .flatMap((answer) => answer.types.map(({ type }) => type));
  if (types.includes("text/event-stream")) {
    return ["--no-buffer"];
  }
  return types.some((type) => type.startsWith("audio/") || type === "application/octet-stream") ? ["-o ANSWER"] : [];
}

/** For a POSIX shell. */
function quoted(words: string): string {
  return /^[\w./:=&-]+$/.test(words) ? words : `'${words.replaceAll("'", "'\\''")}'`;
}
