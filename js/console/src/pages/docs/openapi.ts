/** An OpenAPI 3.1 document as a list of operations. Reads what is there; what is missing is left out. */

export type Json = null | boolean | number | string | Json[] | { [name: string]: Json };
export type JsonObject = { [name: string]: Json };

/** What a reader looks up: one method of one path. */
export interface Operation {
  /** Unique: "get /v1/voices". */
  id: string;
  method: string;
  path: string;
  group: string;
  summary: string;
  description: string;
  parameters: readonly Parameter[];
  /** Null when it takes no body. */
  body: Content | null;
  responses: readonly Answer[];
  /** It can be called without a key. */
  open: boolean;
}

export interface Parameter {
  name: string;
  /** `path`, `query` or `header`. */
  place: string;
  required: boolean;
  description: string;
  schema: JsonObject;
}

/** What a body or an answer may be. */
export interface Content {
  description: string;
  required: boolean;
  types: readonly { type: string; schema: JsonObject }[];
}

export interface Answer extends Content {
  status: string;
}

const METHODS = ["get", "post", "put", "patch", "delete"];

/** Groups whose paths do not name them. */
const GROUPS: Record<string, string> = {
  transcribe: "Speech and language",
  synthesize: "Speech and language",
  complete: "Speech and language",
  voices: "Speech and language",
  "api-keys": "API keys",
  healthz: "Health of the gateway",
  readyz: "Health of the gateway",
  benchmarks: "Routing",
  requests: "Routing",
  organization: "Organization and usage",
  usage: "Organization and usage",
};

/** Every operation, in the document's order. */
export function operationsOf(document: JsonObject): readonly Operation[] {
  return Object.entries(object(document.paths)).flatMap(([path, item]) =>
    METHODS.filter((method) => object(item)[method] !== undefined).map((method) =>
      operationOf(document, path, method, object(object(item)[method])),
    ),
  );
}

/** The operations by group, groups in the order of their first operation. */
export function grouped(operations: readonly Operation[]): ReadonlyMap<string, readonly Operation[]> {
  const groups = new Map<string, Operation[]>();
  for (const operation of operations) {
    groups.set(operation.group, [...(groups.get(operation.group) ?? []), operation]);
  }
  return groups;
}

/** Those that hold every typed word. */
export function search(operations: readonly Operation[], typed: string): readonly Operation[] {
  const words = typed.toLowerCase().split(/\s+/).filter(Boolean);
  return operations.filter((operation) => {
    const names = operation.parameters.map((parameter) => parameter.name).join(" ");
    const { id, summary, description, group } = operation;
    const text = `${id} ${summary} ${description} ${group} ${names}`.toLowerCase();
    return words.every((word) => text.includes(word));
  });
}

/** A JSON object, or an empty one in place of anything else. */
export function object(value: Json | undefined): JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? value : {};
}

/** A JSON array, or an empty one in place of anything else. */
export function array(value: Json | undefined): readonly Json[] {
  return Array.isArray(value) ? value : [];
}

/** A string, or an empty one in place of anything else. */
export function text(value: Json | undefined): string {
  return typeof value === "string" ? value : "";
}

function operationOf(document: JsonObject, path: string, method: string, item: JsonObject): Operation {
  const responses = Object.entries(object(item.responses));
  return {
    id: `${method} ${path}`,
    method,
    path,
    group: groupOf(path),
    summary: text(item.summary),
    description: text(item.description),
    parameters: array(item.parameters).map((parameter) => parameterOf(object(parameter))),
    body: item.requestBody === undefined ? null : contentOf(object(item.requestBody)),
    responses: responses.map(([status, answer]) => ({ status, ...contentOf(object(answer)) })),
    open: array(item.security ?? document.security).every((way) => Object.keys(object(way)).length === 0),
  };
}

function groupOf(path: string): string {
  const [first = ""] = path.split("/").filter((part) => part !== "" && part !== "v1");
  return GROUPS[first] ?? first.charAt(0).toUpperCase() + first.slice(1).replaceAll("-", " ");
}

function parameterOf(item: JsonObject): Parameter {
  return {
    name: text(item.name),
    place: text(item.in),
    required: item.required === true,
    description: text(item.description),
    schema: object(item.schema),
  };
}

function contentOf(item: JsonObject): Content {
  return {
    description: text(item.description),
    required: item.required === true,
    types: Object.entries(object(item.content)).map(([type, media]) => ({
      type,
      schema: object(object(media).schema),
    })),
  };
}
