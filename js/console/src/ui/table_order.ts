/** The order of a table's rows. */

export type SortValue = string | number | null | undefined;

export interface Order {
  key: string;
  direction: "ascending" | "descending";
}

/** A stable copy in order; what has no value comes last either way. */
export function inOrder<Row>(
  rows: readonly Row[],
  value: (row: Row) => SortValue,
  direction: Order["direction"],
): readonly Row[] {
  const sign = direction === "ascending" ? 1 : -1;
  return [...rows].sort((one, other) => {
    const left = value(one) ?? null;
    const right = value(other) ?? null;
    if (left === null || right === null) {
      return Number(left === null) - Number(right === null);
    }
    return sign * compared(left, right);
  });
}

/** The order after a press on a header: the other way round, or that column's first. */
export function nextOrder(current: Order | null, key: string): Order {
  const turned = current?.key === key && current.direction === "ascending";
  return { key, direction: turned ? "descending" : "ascending" };
}

function compared(left: string | number, right: string | number): number {
  if (typeof left === "number" && typeof right === "number") {
    return left - right;
  }
  return String(left).localeCompare(String(right), "en", { numeric: true, sensitivity: "base" });
}
