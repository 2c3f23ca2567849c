/** What the gateway refuses or fails at. A broken network is told by `fetch`'s own errors, which pass through. */

/** What is known beyond message, status and code. */
export interface ErrorContext {
  /** Names the call in the gateway's records: see `requests.get`. */
  requestId?: string | undefined;
  /** Further members of the answer, such as `issues`, `reason` or `errors`. */
  details?: Record<string, unknown> | undefined;
}

/**
 * The gateway refused a call, or failed.
 *
 * `status` is the HTTP status; 200 when a stream failed after it had begun, 0 when no answer came. `code` is for
 * machines: the gateway's own (`VALIDATION_ERROR`, …), `UNKNOWN` when it sent none, or one of this package:
 * `STREAM_ENDED` for a stream that broke off, `STREAM_ERROR` for one that failed without saying how, `EMPTY_BODY` for
 * an answer without content, `INVALID_RESPONSE` for one that cannot be read, `STREAM_DISCONNECTED` when a session
 * cannot be watched any more.
 */
export class SpekoApiError extends Error {
  override readonly name: string = "SpekoApiError";
  readonly status: number;
  readonly code: string;
  /** Names the call in the gateway's records: see `requests.get`. */
  readonly requestId: string | undefined;
  /** Further members of the answer, such as `issues`, `reason` or `errors`. */
  readonly details: Record<string, unknown>;

  constructor(message: string, status: number, code = "UNKNOWN", context: ErrorContext = {}) {
    super(message);
    this.status = status;
    this.code = code;
    this.requestId = context.requestId;
    this.details = context.details ?? {};
  }
}

/** The API key is missing, unknown or revoked. */
export class SpekoAuthError extends SpekoApiError {
  override readonly name = "SpekoAuthError";

  constructor(message: string, context: ErrorContext = {}) {
    super(message, 401, "AUTH_ERROR", context);
  }
}

/** Too many calls. */
export class SpekoRateLimitError extends SpekoApiError {
  override readonly name = "SpekoRateLimitError";
  /** Seconds to wait; null when the gateway does not say. */
  readonly retryAfter: number | null;

  constructor(message: string, retryAfter: number | null = null, context: ErrorContext = {}) {
    super(message, 429, "RATE_LIMITED", context);
    this.retryAfter = retryAfter;
  }
}

/** An answer that cannot be read. Its content stays out of the message: it may be somebody's words. */
export function invalidResponse(what: string, status: number, requestId: string | undefined): SpekoApiError {
  return new SpekoApiError(what, status, "INVALID_RESPONSE", { requestId });
}

/** The members of an `error` event, with what is missing. */
export function streamError({ error, code }: Record<string, unknown>): { error: string; code: string } {
  return {
    error: typeof error === "string" && error !== "" ? error : "The stream failed.",
    code: typeof code === "string" && code !== "" ? code : "STREAM_ERROR",
  };
}
