/** Tables: sortable, scrolling sideways in a region of their own where the page is narrow. */

import type { ComponentChildren, JSX } from "preact";
import { useState } from "preact/hooks";
import { Icon } from "./icons.js";
import { inOrder, nextOrder, type Order, type SortValue } from "./table_order.js";

export interface Column<Row> {
  /** Names the column within its table. */
  key: string;
  header: string;
  cell: (row: Row) => ComponentChildren;
  /** Makes the column sortable. */
  sortValue?: ((row: Row) => SortValue) | undefined;
  /** Numbers stand at the end. */
  align?: "start" | "end" | undefined;
  /** The header is read, not seen: columns of buttons. */
  headerHidden?: boolean | undefined;
}

export interface TableProps<Row> {
  /** What the rows are; names the table. */
  label: string;
  /** The first column names its row. */
  columns: readonly Column<Row>[];
  rows: readonly Row[];
  rowKey: (row: Row) => string;
  /** The order at first; rows as given when left out. */
  order?: Order | undefined;
  /** A row that stands out. */
  rowClass?: ((row: Row) => string | undefined) | undefined;
}

export function Table<Row>(props: TableProps<Row>): JSX.Element {
  const [order, setOrder] = useState<Order | null>(props.order ?? null);
  const by = props.columns.find((column) => column.key === order?.key)?.sortValue;
  const rows = order && by ? inOrder(props.rows, by, order.direction) : props.rows;
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard.
    <section class="table-region" aria-label={props.label} tabIndex={0}>
      <table class="table">
        <caption class="sr-only">{props.label}</caption>
        <thead>
          <tr>
            {props.columns.map((column) => (
              <Header key={column.key} column={column} order={order} onOrder={setOrder} />
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={props.rowKey(row)} class={props.rowClass?.(row)}>
              {props.columns.map((column, index) => (
                <Cell key={column.key} column={column} row={row} first={index === 0} />
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

function Header<Row>(props: {
  column: Column<Row>;
  order: Order | null;
  onOrder: (order: Order) => void;
}): JSX.Element {
  const { column, order } = props;
  const sorted = order?.key === column.key ? order.direction : undefined;
  const align = `align-${column.align ?? "start"}`;
  if (!column.sortValue) {
    return (
      <th scope="col" class={align}>
        {column.headerHidden ? <span class="sr-only">{column.header}</span> : column.header}
      </th>
    );
  }
  return (
    <th scope="col" class={align} aria-sort={sorted ?? "none"}>
      <button type="button" class="table-sort" onClick={() => props.onOrder(nextOrder(order, column.key))}>
        {column.header}
        <Icon name={sorted === undefined ? "sort" : sorted === "ascending" ? "arrowUp" : "arrowDown"} size={16} />
      </button>
    </th>
  );
}

function Cell<Row>({ column, row, first }: { column: Column<Row>; row: Row; first: boolean }): JSX.Element {
  const align = `align-${column.align ?? "start"}`;
  return first ? (
    <th scope="row" class={align}>
      {column.cell(row)}
    </th>
  ) : (
    <td class={align}>{column.cell(row)}</td>
  );
}
