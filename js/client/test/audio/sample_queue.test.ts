import { expect, test } from "vitest";
import { toFloat } from "../../src/audio/pcm.js";
import { SampleQueue } from "../../src/audio/sample_queue.js";
import { between, seeded } from "./random.js";

test.each([1, 2, 3])("a walk of pushes, reads and skips keeps every sample in its place (seed %i)", (seed) => {
  const random = seeded(seed);
  const queue = new SampleQueue();
  const model: number[] = [];
  for (let step = 0; step < 2_000; step++) {
    const count = between(random, 0, 300);
    const what = random();
    if (what < 0.4) {
      const samples = Int16Array.from({ length: count }, () => between(random, -32768, 32767));
      queue.push(samples);
      model.push(...samples);
    } else if (what < 0.9) {
      const into = new Float32Array(300);
      const read = queue.read(into, count);
      const expected = model.splice(0, count);
      expect([...into.subarray(0, read)]).toEqual(expected.map((x) => Math.fround(toFloat(x))));
    } else {
      expect(queue.skip(count)).toBe(model.splice(0, count).length);
    }
    expect(queue.length).toBe(model.length);
  }
});
