/** Which vendor calls belong to which turn. The gateway books calls by session; their time says the turn. Pure. */

import type { Attempt } from "@spekoai/sdk";
import { sumMicroUsd } from "../../api/money.js";
import { epoch, type TurnRow } from "./waterfall.js";

/** One call of a vendor, as far as its place is concerned. */
export type AttemptFacts = Pick<Attempt, "modality" | "outcome" | "startedAt" | "costMicroUsd">;

/** A call at its place: ms on its turn's axis, null where there is none. */
export interface Placed<A> {
  attempt: A;
  atMs: number | null;
}

/** The calls of a session. Each is in exactly one place. */
export interface Attribution<A> {
  /** Connections to the engine. One serves many turns, so neither time nor cost is any one turn's. */
  engine: A[];
  /** Calls before the first turn, of one that is not over (yet), and those whose time is unreadable. */
  outside: A[];
  /** The calls of each turn, beside the rows, by time. */
  turns: Placed<A>[][];
}

/** What some calls amount to. */
export interface Tally {
  calls: number;
  failed: number;
  /** Failed calls after which another candidate was asked. */
  failovers: number;
  /** Micro-USD, exact. */
  cost: bigint;
}

/** Recognition is opened by the first sound, about when the turn begins. */
const EARLY_RECOGNITION_MS = 500;
/** Stages and calls are timed in two processes of one machine. */
const SLACK_MS = 50;

/** Gives each call to its turn. `rows` by index, as `waterfall` returns them. */
export function attribute<A extends AttemptFacts>(rows: readonly TurnRow[], attempts: readonly A[]): Attribution<A> {
  const found: Attribution<A> = { engine: [], outside: [], turns: rows.map(() => []) };
  const ordered = byTime(attempts);
  const over = lastTurnOver(rows, ordered);
  for (const attempt of ordered) {
    if (attempt.modality === "s2s") {
      found.engine.push(attempt);
      continue;
    }
    const at = epoch(attempt.startedAt);
    const place = at === null || at >= over ? -1 : turnOf(rows, attempt);
    const row = rows[place];
    if (row === undefined) {
      found.outside.push(attempt);
      continue;
    }
    const atMs = at === null || row.zeroAt === null ? null : at - row.zeroAt;
    found.turns[place]?.push({ attempt, atMs });
  }
  return found;
}

/** When the last turn was followed by another one that has no row: the user was heard again after its answer. */
function lastTurnOver(rows: readonly TurnRow[], ordered: readonly AttemptFacts[]): number {
  const last = rows.at(-1);
  if (last === undefined || last.zeroAt === null) return Number.POSITIVE_INFINITY;
  const end = last.zeroAt + last.end;
  const starts = ordered.flatMap(({ modality, startedAt }) => (modality === "stt" ? (epoch(startedAt) ?? []) : []));
  return starts.find((at) => at > end) ?? Number.POSITIVE_INFINITY;
}

function turnOf(rows: readonly TurnRow[], attempt: AttemptFacts): number {
  const at = epoch(attempt.startedAt);
  if (at === null) return -1;
  const place = rows.findLastIndex((row) => {
    const early = attempt.modality === "stt" && row.kind === "spoken" ? EARLY_RECOGNITION_MS : 0;
    return row.startedAt !== null && row.startedAt - early <= at;
  });
  // The agent began by itself: its words were made before they were a turn.
  if (place < 0 && rows[0] && rows[0].kind !== "spoken" && attempt.modality !== "stt") return 0;
  const row = rows[place];
  // While the user speaks, model and voice still work on the answer before.
  const cutIn = row?.zeroAt != null && attempt.modality !== "stt" && at < row.zeroAt - SLACK_MS;
  return cutIn && place > 0 ? place - 1 : place;
}

function byTime<A extends AttemptFacts>(attempts: readonly A[]): A[] {
  const time = (attempt: A): number => epoch(attempt.startedAt) ?? Number.NEGATIVE_INFINITY;
  return [...attempts].sort((a, b) => Math.sign(time(a) - time(b)) || 0);
}

/** Adds up what belongs together: a turn, or the connections to the engine. */
export function tally(attempts: readonly AttemptFacts[]): Tally {
  const ordered = byTime(attempts);
  const failed = ordered.filter((attempt) => attempt.outcome === "failed");
  return {
    calls: ordered.length,
    failed: failed.length,
    failovers: failed.filter((attempt) =>
      ordered.slice(ordered.indexOf(attempt) + 1).some((next) => next.modality === attempt.modality),
    ).length,
    cost: sumMicroUsd(ordered.map((attempt) => attempt.costMicroUsd)),
  };
}

/** The whole session. */
export function total<A extends AttemptFacts>(found: Attribution<A>): Tally {
  const groups = [found.engine, found.outside, ...found.turns.map((turn) => turn.map(({ attempt }) => attempt))];
  const sums = groups.map(tally);
  const sum = (member: "calls" | "failed" | "failovers"): number => sums.reduce((all, one) => all + one[member], 0);
  return {
    calls: sum("calls"),
    failed: sum("failed"),
    failovers: sum("failovers"),
    cost: sums.reduce((all, one) => all + one.cost, 0n),
  };
}
