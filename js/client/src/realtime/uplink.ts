/**
 * What is on its way to the gateway: sound and frames that are not known to have left this machine, kept for the next
 * socket should this one be lost.
 *
 * A browser says how many bytes a socket still holds. So what was given to it less that has left.
 */

/** Of sound that is kept; then the oldest is dropped. */
const KEPT_SECONDS = 10;
/** Text frames that are kept; then no more are taken. */
const MOST_TEXTS = 100;
/** Of sound that was given to a socket, while nothing at all left it. */
const STALLED_SECONDS = 2;

interface Piece {
  data: string | ArrayBuffer;
  bytes: number;
  /** Of the bytes that the socket was given, where this ends; none had it yet = Infinity. */
  end: number;
}

/** One direction of one conversation, over any number of sockets. `rate`: Hz. */
export class Uplink {
  readonly #perSecond: number;
  #pieces: Piece[] = [];
  #soundBytes = 0;
  #texts = 0;
  #sent = 0;
  #left = 0;
  /** Bytes of sound since anything left. */
  #still = 0;

  constructor(rate: number) {
    this.#perSecond = rate * 2;
  }

  /** The socket was given this. */
  sent(data: string | ArrayBuffer): void {
    const bytes = size(data);
    this.#sent += bytes;
    this.#add({ data, bytes, end: this.#sent });
  }

  /** The socket was given a text that is of no use to any other. */
  passed(text: string): void {
    this.#sent += size(text);
  }

  /** There is no socket to give this to. Returns whether it is kept: too many texts are not. */
  keep(data: string | ArrayBuffer): boolean {
    if (typeof data === "string" && this.#texts >= MOST_TEXTS) {
      return false;
    }
    this.#add({ data, bytes: size(data), end: Number.POSITIVE_INFINITY });
    return true;
  }

  /** The socket holds so many bytes now. Returns whether it takes what it is given. */
  holds(buffered: number): boolean {
    const left = this.#sent - buffered;
    if (buffered > 0 && left <= this.#left) {
      return false;
    }
    this.#left = left;
    this.#still = 0;
    let gone = 0;
    for (const piece of this.#pieces) {
      if (piece.end > left) {
        break;
      }
      this.#forget(piece);
      gone += 1;
    }
    this.#pieces.splice(0, gone);
    return true;
  }

  /** Another frame was captured. Returns whether the socket looks dead: for so long it has taken nothing. */
  waited(bytes: number): boolean {
    this.#still += bytes;
    return this.#still >= STALLED_SECONDS * this.#perSecond;
  }

  /** The socket is known to live. */
  calm(): void {
    this.#still = 0;
  }

  /** Another socket is there, which was given nothing. */
  moved(): void {
    this.#sent = this.#left = this.#still = 0;
    for (const piece of this.#pieces) {
      piece.end = Number.POSITIVE_INFINITY;
    }
  }

  /** Everything that is kept, in order, to be given to the socket. */
  take(): (string | ArrayBuffer)[] {
    const data = this.#pieces.map((piece) => piece.data);
    this.#pieces = [];
    this.#soundBytes = this.#texts = 0;
    return data;
  }

  #add(piece: Piece): void {
    this.#pieces.push(piece);
    if (typeof piece.data === "string") {
      this.#texts += 1;
      return;
    }
    this.#soundBytes += piece.bytes;
    while (this.#soundBytes > KEPT_SECONDS * this.#perSecond) {
      const oldest = this.#pieces.findIndex((kept) => typeof kept.data !== "string");
      for (const dropped of this.#pieces.splice(oldest, 1)) {
        this.#forget(dropped);
      }
    }
  }

  #forget(piece: Piece): void {
    if (typeof piece.data === "string") {
      this.#texts -= 1;
    } else {
      this.#soundBytes -= piece.bytes;
    }
  }
}

const encoder = new TextEncoder();

function size(data: string | ArrayBuffer): number {
  return typeof data === "string" ? encoder.encode(data).length : data.byteLength;
}
