import { expect, it } from "vitest";
import { asTheme } from "../../src/shell/theme.js";

it("knows the three themes, and the system's for anything else", () => {
  expect(["light", "dark", "system", "blue", "", null].map(asTheme)).toEqual([
    "light",
    "dark",
    "system",
    "system",
    "system",
    "system",
  ]);
});
