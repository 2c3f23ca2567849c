/** Sends requests. */

import type { Config } from "../config.js";
import { Answer } from "./answer.js";
import { Deadline } from "./deadline.js";
import { invalidResponse, SpekoApiError, SpekoAuthError, SpekoRateLimitError } from "./errors.js";
import { wholeNumber } from "./headers.js";
import { jsonObject } from "./json.js";
import { type Query, queryText } from "./url.js";

export interface HttpRequest {
  method: "GET" | "POST" | "PUT" | "DELETE";
  /** From `pathOf`. */
  path: string;
  query?: Query | undefined;
  headers?: Record<string, string> | undefined;
  /** Sent as JSON. */
  json?: unknown;
  /** Sent as it is; `headers` name its type. */
  audio?: Uint8Array | undefined;
  /** Milliseconds, in place of the client's. */
  timeout?: number | undefined;
  signal?: AbortSignal | undefined;
}

/** Bytes of an error's body that are read. */
const LONGEST_ERROR = 1024 * 1024;
/** Characters: what no gateway wrote, such as the error page of a proxy, is cut here. */
const LONGEST_MESSAGE = 500;

export class Transport {
  readonly #config: Config;

  constructor(config: Config) {
    this.#config = config;
  }

  /** The answer's JSON; undefined when it has no content. Throws SpekoApiError for another status than 2xx. */
  async json<T>(request: HttpRequest): Promise<T> {
    const answer = await this.open(request);
    const text = await answer.text();
    if (text.trim() === "") {
      return undefined as T;
    }
    try {
      return JSON.parse(text) as T;
    } catch {
      throw invalidResponse("The gateway's answer cannot be read.", answer.status, answer.requestId);
    }
  }

  /** The answer with its body still to come; the caller reads or cancels it. Throws like `json`. */
  async open(request: HttpRequest): Promise<Answer> {
    const { baseUrl, fetch, timeout } = this.#config;
    const deadline = new Deadline(request.timeout ?? timeout, request.signal);
    try {
      deadline.signal.throwIfAborted();
      const url = baseUrl + request.path + queryText(request.query);
      const response = await deadline.race(fetch(url, { ...this.#content(request), signal: deadline.signal }));
      const answer = new Answer(response, deadline);
      if (response.ok) {
        return answer;
      }
      throw await errorOf(answer);
    } catch (error) {
      deadline.end();
      throw error;
    }
  }

  #content({ method, headers, json, audio }: HttpRequest): RequestInit {
    const all = { ...this.#config.headers, ...headers };
    if (json !== undefined) {
      return { method, headers: { ...all, "Content-Type": "application/json" }, body: JSON.stringify(json) };
    }
    return audio === undefined ? { method, headers: all } : { method, headers: all, body: unshared(audio) };
  }
}

/** `fetch` takes no memory that threads share. */
function unshared(audio: Uint8Array): Uint8Array<ArrayBuffer> {
  const { buffer } = audio;
  return buffer instanceof ArrayBuffer ? (audio as Uint8Array<ArrayBuffer>) : new Uint8Array(audio);
}

async function errorOf(answer: Answer): Promise<SpekoApiError> {
  const { status, requestId } = answer;
  const text = await answer.text(LONGEST_ERROR);
  const { error, code, ...details } = jsonObject(text) ?? {};
  const message = typeof error === "string" && error !== "" ? error : text.trim().slice(0, LONGEST_MESSAGE);
  const told = message === "" ? `HTTP status ${status}` : message;
  const context = { requestId, details };
  if (status === 401) {
    return new SpekoAuthError(told, context);
  }
  if (status === 429) {
    return new SpekoRateLimitError(told, wholeNumber(answer.headers, "retry-after"), context);
  }
  return new SpekoApiError(told, status, typeof code === "string" && code !== "" ? code : "UNKNOWN", context);
}
