/** Errors as a reader can use them. */

/** An answer of the console's own endpoints that is no success. `status` 0: there was no answer. */
export class ConsoleError extends Error {
  readonly status: number;
  readonly code: string;

  constructor(status: number, code: string, message: string) {
    super(message);
    this.name = "ConsoleError";
    this.status = status;
    this.code = code;
  }

  /** From the gateway's error envelope `{error, code}`. */
  static async of(response: Response): Promise<ConsoleError> {
    const body: unknown = await response.json().catch(() => null);
    return new ConsoleError(
      response.status,
      member(body, "code") ?? "UNKNOWN",
      member(body, "error") ?? `The gateway answered with status ${response.status}.`,
    );
  }
}

/** One or two plain sentences for anything that was thrown. */
export function problemText(problem: unknown): string {
  if (!(problem instanceof Error)) {
    return "Something went wrong that the console cannot name.";
  }
  if (problem.name === "AbortError" || problem.name === "TimeoutError") {
    return "The gateway did not answer in time. Try again.";
  }
  if (problem instanceof TypeError && /fetch|network|load failed/i.test(problem.message)) {
    return "The gateway does not answer. Is speko serve still running?";
  }
  const retryAfter = (problem as { retryAfter?: unknown }).retryAfter;
  if (typeof retryAfter === "number") {
    return `${sentence(problem.message)} Try again in ${Math.ceil(retryAfter)} s.`;
  }
  return sentence(problem.message);
}

/** With its full stop. */
export function sentence(text: string): string {
  const trimmed = text.trim();
  if (trimmed === "") {
    return "The gateway gave no reason.";
  }
  return /[.!?…]$/.test(trimmed) ? trimmed : `${trimmed}.`;
}

function member(body: unknown, name: string): string | undefined {
  const value = typeof body === "object" && body !== null ? (body as Record<string, unknown>)[name] : undefined;
  return typeof value === "string" && value !== "" ? value : undefined;
}
