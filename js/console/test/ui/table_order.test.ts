import { describe, expect, it } from "vitest";
import { inOrder, nextOrder, type SortValue } from "../../src/ui/table_order.js";

const order = (values: SortValue[], direction: "ascending" | "descending"): SortValue[] => [
  ...inOrder(values, (value) => value, direction),
];

describe("inOrder", () => {
  it("orders numbers as numbers and names as people do", () => {
    expect(order([10, 9, 100], "ascending")).toEqual([9, 10, 100]);
    expect(order(["model 10", "Model 9", "model 1"], "ascending")).toEqual(["model 1", "Model 9", "model 10"]);
  });

  it("puts what has no value last, either way", () => {
    expect(order([null, 2, undefined, 1], "ascending")).toEqual([1, 2, null, undefined]);
    expect(order([null, 2, undefined, 1], "descending")).toEqual([2, 1, null, undefined]);
  });

  it("keeps the order of equals and leaves the rows alone", () => {
    const rows = [
      { id: "a", size: 1 },
      { id: "b", size: 1 },
      { id: "c", size: 0 },
    ];
    const ids = (direction: "ascending" | "descending"): string =>
      inOrder(rows, (row) => row.size, direction)
        .map((row) => row.id)
        .join("");
    expect([ids("ascending"), ids("descending")]).toEqual(["cab", "abc"]);
    expect(rows.map((row) => row.id).join("")).toBe("abc");
  });
});

it("turns a column round when it is pressed again", () => {
  const once = nextOrder(null, "name");
  const twice = nextOrder(once, "name");
  expect([once.direction, twice.direction, nextOrder(twice, "name").direction]).toEqual([
    "ascending",
    "descending",
    "ascending",
  ]);
  expect(nextOrder(once, "size")).toEqual({ key: "size", direction: "ascending" });
});
