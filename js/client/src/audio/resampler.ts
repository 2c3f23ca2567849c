/** Sample-rate conversion of one stream: a windowed-sinc low-pass in polyphase form. */

/** Length of the filter in samples of the lower rate. It delays by half of it: 0.67 ms at 24 kHz, 1 ms at 16 kHz. */
const TAPS = 32;
/** Where the filter has fallen by 6 dB, as a part of the lower rate's half. */
const CUTOFF = 0.92;
/** Of the Kaiser window: about 60 dB from the pass band to the stop band. */
const BETA = 5.65;
/** Samples of input that are filtered at a time. */
const BLOCK = 256;

/**
 * Converts between any two integer rates in Hz. Equal rates pass through.
 *
 * Time is counted in whole steps of 1 / (from × to) s, so nothing drifts; and every output is the same sum over the same
 * inputs however the stream was split.
 */
export class Resampler {
  /** The output's rate over the input's, in lowest terms: `#up` / `#down`. */
  readonly #up: number;
  readonly #down: number;
  readonly #taps: number;
  /** The filter, `#taps` coefficients for each of `#up` phases, oldest input first. */
  readonly #filter: Float32Array;
  /** The last `#taps` inputs, and then the block at hand. */
  readonly #window: Float32Array;
  /** When the next output is due after the next input, in 1 / `#up` of an input; negative when it only was not asked for. */
  #due = 0;

  constructor(fromRate: number, toRate: number) {
    const divisor = greatestCommonDivisor(fromRate, toRate);
    this.#up = toRate / divisor;
    this.#down = fromRate / divisor;
    this.#taps = fromRate === toRate ? 1 : Math.ceil(TAPS * Math.max(1, fromRate / toRate));
    this.#filter = design(this.#up, this.#down, this.#taps);
    this.#window = new Float32Array(this.#taps + BLOCK);
  }

  /** How many inputs the next `outputs` outputs take. */
  needed(outputs: number): number {
    return outputs === 0 ? 0 : Math.floor((this.#due + (outputs - 1) * this.#down) / this.#up) + 1;
  }

  /** How many outputs the next `inputs` inputs give. */
  ready(inputs: number): number {
    return Math.max(0, Math.ceil((inputs * this.#up - this.#due) / this.#down));
  }

  /**
   * Takes the first `count` of `input`, writes what they give to `output`, and returns how many that were.
   *
   * The caller has room for `ready(count)`, or takes no more than `needed(output.length)`: the outputs for which there is
   * no room come with the next call.
   */
  process(input: Float32Array, count: number, output: Float32Array): number {
    let written = 0;
    let start = 0;
    do {
      const size = Math.min(BLOCK, count - start);
      written = this.#block(input, start, size, output, written);
      start += size;
    } while (start < count);
    return written;
  }

  /** Forgets the stream, as if it began anew. */
  reset(): void {
    this.#window.fill(0);
    this.#due = 0;
  }

  #block(inputs: Float32Array, start: number, count: number, output: Float32Array, from: number): number {
    const window = this.#window;
    const filter = this.#filter;
    const taps = this.#taps;
    for (let i = 0; i < count; i++) {
      window[taps + i] = inputs[start + i] ?? 0;
    }
    const end = count * this.#up;
    let written = from;
    for (; this.#due < end && written < output.length; this.#due += this.#down) {
      const input = Math.floor(this.#due / this.#up);
      const phase = (this.#due - input * this.#up) * taps;
      let sum = 0;
      for (let k = 0; k < taps; k++) {
        sum += (filter[phase + k] ?? 0) * (window[1 + input + k] ?? 0);
      }
      output[written++] = sum;
    }
    this.#due -= end;
    window.copyWithin(0, count, count + taps);
    return written;
  }
}

/** Each phase is scaled to pass 0 Hz unchanged, so that no tone of the phases' own is laid over the sound. */
function design(up: number, down: number, taps: number): Float32Array {
  const filter = new Float32Array(up * taps);
  if (taps === 1) {
    return filter.fill(1);
  }
  const cutoff = CUTOFF * Math.min(1, up / down);
  for (let phase = 0; phase < up; phase++) {
    const row = filter.subarray(phase * taps, (phase + 1) * taps);
    for (let k = 0; k < taps; k++) {
      // Distance from the middle of the filter, in inputs.
      const x = k - (taps - 1) / 2 - (phase / up - 0.5);
      row[k] = sinc(cutoff * x) * kaiser((2 * x) / taps);
    }
    const gain = row.reduce((sum, coefficient) => sum + coefficient, 0);
    for (let k = 0; k < taps; k++) {
      row[k] = (row[k] ?? 0) / gain;
    }
  }
  return filter;
}

function sinc(x: number): number {
  return x === 0 ? 1 : Math.sin(Math.PI * x) / (Math.PI * x);
}

/** The window over −1 to 1. */
function kaiser(x: number): number {
  return bessel(BETA * Math.sqrt(Math.max(0, 1 - x * x))) / bessel(BETA);
}

/** The modified Bessel function of the first kind, of order 0, by its series. */
function bessel(x: number): number {
  let sum = 1;
  let term = 1;
  for (let k = 1; term > 1e-9 * sum; k++) {
    term *= (x / (2 * k)) ** 2;
    sum += term;
  }
  return sum;
}

function greatestCommonDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestCommonDivisor(b, a % b);
}
