import { describe, expect, it } from "vitest";
import { microUsd, sumMicroUsd } from "../../src/api/money.js";

describe("micro-USD", () => {
  it("are exact beyond 2^53", () => {
    expect(sumMicroUsd(["9007199254740993", "1"])).toBe(9_007_199_254_740_994n);
  });

  it("read whole numbers only", () => {
    expect(microUsd("123")).toBe(123n);
    expect(microUsd("-5")).toBe(-5n);
    for (const text of ["", "1.5", "1e3", "0x10", "abc", " 1", null, undefined]) expect(microUsd(text)).toBeNull();
    expect(sumMicroUsd(["1", "x", null, undefined, "2"])).toBe(3n);
    expect(sumMicroUsd([])).toBe(0n);
  });
});
