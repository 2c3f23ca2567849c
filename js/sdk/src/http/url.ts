/** Paths and queries. */

export type QueryValue = string | number | boolean | Date | undefined;
export type Query = Record<string, QueryValue | readonly string[]>;

/** `/v1/…`, with whatever a part holds percent-encoded. Throws Error for a part that no path can carry. */
export function pathOf(...parts: string[]): string {
  for (const part of parts) {
    // Dots alone would be taken for steps between folders, encoded or not.
    if (typeof part !== "string" || /^\.{0,2}$/.test(part)) {
      throw new Error("Speko: an id is missing, or cannot be one.");
    }
  }
  return `/v1/${parts.map(encodeURIComponent).join("/")}`;
}

/** `?…`, or nothing. What is undefined is left out, booleans are `1` and `0`, times are ISO-8601, arrays repeat. */
export function queryText(query: Query = {}): string {
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    for (const one of Array.isArray(value) ? value : [value as QueryValue]) {
      if (one !== undefined) {
        search.append(name, valueText(one));
      }
    }
  }
  const text = search.toString();
  return text === "" ? "" : `?${text}`;
}

function valueText(value: Exclude<QueryValue, undefined>): string {
  if (typeof value === "boolean") {
    return value ? "1" : "0";
  }
  return value instanceof Date ? value.toISOString() : String(value);
}
