/** The time of one request. */

/** `setTimeout` cannot wait longer, and fires at once instead. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** Over when its time is, or when the caller's own signal says so. `end` has to be called in every case. */
export class Deadline {
  readonly #controller = new AbortController();
  readonly #milliseconds: number;
  readonly #outer: AbortSignal | undefined;
  readonly #follow = () => this.#controller.abort(this.#outer?.reason);
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(milliseconds: number, outer?: AbortSignal) {
    this.#milliseconds = milliseconds;
    this.#outer = outer;
    if (outer?.aborted) {
      this.#follow();
      return;
    }
    outer?.addEventListener("abort", this.#follow, { once: true });
    this.restart();
  }

  /** Aborts with the caller's reason, or with an AbortError when the time is over. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** The work's outcome, or the signal's reason if that comes first: not every `fetch` heeds its signal to the end. */
  race<T>(work: Promise<T>): Promise<T> {
    const { signal } = this;
    return new Promise<T>((resolve, reject) => {
      const abort = () => reject(signal.reason);
      if (signal.aborted) {
        abort();
      }
      signal.addEventListener("abort", abort, { once: true });
      work.then(resolve, reject).finally(() => signal.removeEventListener("abort", abort));
    });
  }

  /** The time begins anew. */
  restart(): void {
    this.pause();
    const milliseconds = this.#milliseconds;
    if (milliseconds <= LONGEST_TIMER_MS) {
      this.#timer = setTimeout(() => {
        this.#controller.abort(new DOMException(`Not done within ${milliseconds} ms.`, "AbortError"));
      }, milliseconds);
    }
  }

  /** No time passes. */
  pause(): void {
    clearTimeout(this.#timer);
  }

  /** Nothing aborts it any more. May be called again. */
  end(): void {
    this.pause();
    this.#outer?.removeEventListener("abort", this.#follow);
  }
}
