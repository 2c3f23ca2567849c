import { expect, it } from "vitest";
import { closedByOther } from "../../src/conversation/disconnection.js";

it.each([
  [1000, "agent"],
  [1005, "agent"],
  [1001, "error"],
  [1006, "error"],
  [1011, "error"],
  [4401, "error"],
])("close code %i is %s", (code, reason) => {
  expect(closedByOther(code, "why")).toEqual({ reason, message: "why" });
  expect(closedByOther(code, "")).toEqual({ reason });
});
