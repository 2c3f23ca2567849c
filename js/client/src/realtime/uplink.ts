/**
 * What is on its way to the gateway: the last sound and frames that it may not have got, kept for the next socket should
 * this one be lost.
 *
 * A browser says how many bytes a socket still holds: what was given to it less that has left. What has left may be lost
 * all the same, in a network that vanished, and that can be seconds of sound. So a gateway that has got another socket in
 * place of a lost one says how much it had got by then.
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
  /** Where this ends in what the socket was given, in bytes of all kinds; Infinity = it was not given to it. */
  end: number;
  /** The same among its own kind: bytes of sound, or number of texts. */
  place: number;
}

/** What the gateway has got of one conversation, over all its sockets. */
export interface Received {
  audioBytes: number;
  textFrames: number;
}

/** One direction of one conversation, over any number of sockets. `rate`: Hz. */
export class Uplink {
  readonly #perSecond: number;
  #pieces: Piece[] = [];
  #soundBytes = 0;
  #texts = 0;
  /** Bytes that the socket was given, and those that left it. */
  #sent = 0;
  #left = 0;
  /** Of sound and of texts: what the gateway had got before this socket, and what this one was given. */
  #before: Received | undefined = { audioBytes: 0, textFrames: 0 };
  #given: Received = { audioBytes: 0, textFrames: 0 };
  /** Bytes of sound since anything left. */
  #still = 0;

  constructor(rate: number) {
    this.#perSecond = rate * 2;
  }

  /** The socket was given this. */
  sent(data: string | ArrayBuffer): void {
    const bytes = size(data);
    const place = this.#passed(data, bytes);
    this.#add({ data, bytes, end: this.#sent, place });
  }

  /** The socket was given a text that is of no use to any other. */
  passed(text: string): void {
    this.#passed(text, size(text));
  }

  /** There is no socket to give this to. Returns whether it is kept: too many texts are not. */
  keep(data: string | ArrayBuffer): boolean {
    if (typeof data === "string" && this.#texts >= MOST_TEXTS) {
      return false;
    }
    const never = Number.POSITIVE_INFINITY;
    this.#add({ data, bytes: size(data), end: never, place: never });
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

  /** Another socket is there, which was given nothing. What the gateway has got by now, where it says so, is not kept
   * any longer; else, what has left. */
  moved(received?: Received): void {
    const lost = this.#pieces.filter((piece) => !this.#arrived(piece, received));
    this.#before = received;
    this.#given = { audioBytes: 0, textFrames: 0 };
    this.#sent = this.#left = this.#still = this.#soundBytes = this.#texts = 0;
    this.#pieces = [];
    for (const { data } of lost) {
      this.keep(data);
    }
  }

  /** Everything that is kept, in order, to be given to the socket. */
  take(): (string | ArrayBuffer)[] {
    const data = this.#pieces.map((piece) => piece.data);
    this.#pieces = [];
    this.#soundBytes = this.#texts = 0;
    return data;
  }

  #arrived(piece: Piece, received: Received | undefined): boolean {
    if (received === undefined || this.#before === undefined) {
      return piece.end <= this.#left;
    }
    const kind = typeof piece.data === "string" ? "textFrames" : "audioBytes";
    return piece.place <= received[kind] - this.#before[kind];
  }

  #passed(data: string | ArrayBuffer, bytes: number): number {
    this.#sent += bytes;
    if (typeof data === "string") {
      this.#given.textFrames += 1;
      return this.#given.textFrames;
    }
    this.#given.audioBytes += bytes;
    return this.#given.audioBytes;
  }

  #add(piece: Piece): void {
    this.#pieces.push(piece);
    if (typeof piece.data === "string") {
      this.#texts += 1;
      if (this.#texts > MOST_TEXTS) {
        this.#remove(this.#pieces.findIndex(({ data }) => typeof data === "string"));
      }
      return;
    }
    this.#soundBytes += piece.bytes;
    while (this.#soundBytes > KEPT_SECONDS * this.#perSecond) {
      this.#remove(this.#pieces.findIndex(({ data }) => typeof data !== "string"));
      // A text that left before all sound that is kept has arrived, or is too old.
      while (typeof this.#pieces[0]?.data === "string" && this.#pieces[0].end <= this.#left) {
        this.#remove(0);
      }
    }
  }

  #remove(index: number): void {
    for (const { data, bytes } of this.#pieces.splice(index, 1)) {
      if (typeof data === "string") {
        this.#texts -= 1;
      } else {
        this.#soundBytes -= bytes;
      }
    }
  }
}

const encoder = new TextEncoder();

function size(data: string | ArrayBuffer): number {
  return typeof data === "string" ? encoder.encode(data).length : data.byteLength;
}
