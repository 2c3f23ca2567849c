import { describe, expect, it } from "vitest";
import { formatMicroUsd, microUsd, sumMicroUsd } from "../../src/pages/sessions/money.js";

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

  it.each([
    [0n, "$0.00"],
    [1n, "$0.000001"],
    [123n, "$0.000123"],
    [120n, "$0.00012"],
    [500_000n, "$0.50"],
    [1_000_000n, "$1.00"],
    [12_345_678n, "$12.345678"],
    [-1_500_000n, "-$1.50"],
    [9_007_199_254_740_993n, "$9007199254.740993"],
  ])("%s reads %s", (amount, text) => {
    expect(formatMicroUsd(amount)).toBe(text);
  });
});
