/** Tones to test with, and how pure they come out. */

/** A sine of `hertz` at `rate`. */
export function sine(hertz: number, rate: number, samples: number, amplitude = 0.5): Float32Array {
  return Float32Array.from({ length: samples }, (_, i) => amplitude * Math.sin((2 * Math.PI * hertz * i) / rate));
}

/** The part of `signal` that is a sine of `hertz`, as amplitude, and what is left without it, as RMS. */
export function fit(signal: Float32Array, hertz: number, rate: number): { amplitude: number; rest: number } {
  let [ss, cc, sc, sy, cy] = [0, 0, 0, 0, 0];
  const step = (2 * Math.PI * hertz) / rate;
  signal.forEach((y, i) => {
    const [s, c] = [Math.sin(step * i), Math.cos(step * i)];
    ss += s * s;
    cc += c * c;
    sc += s * c;
    sy += s * y;
    cy += c * y;
  });
  const det = ss * cc - sc * sc;
  const a = (sy * cc - cy * sc) / det;
  const b = (cy * ss - sy * sc) / det;
  let rest = 0;
  signal.forEach((y, i) => {
    rest += (y - a * Math.sin(step * i) - b * Math.cos(step * i)) ** 2;
  });
  return { amplitude: Math.hypot(a, b), rest: Math.sqrt(rest / signal.length) };
}

/** A ratio of amplitudes in dB. */
export function decibel(ratio: number): number {
  return 20 * Math.log10(ratio);
}

/** The loudness of a signal, as RMS. */
export function loudness(signal: Float32Array): number {
  return Math.sqrt(signal.reduce((sum, x) => sum + x * x, 0) / signal.length);
}
