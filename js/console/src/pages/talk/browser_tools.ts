/** Tools that an agent may call here, so that one can see how calls go: they run in this browser, and do what they say. */

import type { RealtimeTool } from "@spekoai/sdk";

/** What the tools go by. */
export interface World {
  now(): Date;
  /** From 0 to below 1. */
  random(): number;
}

const MOST_DICE = 10;

/** What the agent is told of them. */
export const BROWSER_TOOLS: readonly RealtimeTool[] = [
  {
    name: "throw_dice",
    description: "Throws dice with six sides in the user's browser and says what they show.",
    parameters: {
      type: "object",
      properties: {
        count: { type: "integer", minimum: 1, maximum: MOST_DICE, description: "How many dice; else one." },
      },
    },
  },
  {
    name: "read_clock",
    description: "Reads the clock of the user's computer: local hour, day and zone.",
    parameters: { type: "object", properties: {} },
  },
];

/**
 * Runs a tool.
 *
 * @param args JSON text, as the agent sent it.
 * @returns a sentence, which any agent can say as it stands.
 * @throws Error for a tool that is not here, or arguments that it cannot have.
 */
export function runTool(name: string, args: string, world: World): string {
  if (name === "throw_dice") return throwDice(args, world);
  if (name === "read_clock") return readClock(world);
  throw new Error("This page has no such tool.");
}

function throwDice(args: string, world: World): string {
  const count = countIn(args);
  const dice = Array.from({ length: count }, () => 1 + Math.floor(world.random() * 6));
  if (count === 1) return `The die shows ${dice[0]}.`;
  const sum = dice.reduce((total, die) => total + die, 0);
  return `The dice show ${dice.slice(0, -1).join(", ")} and ${dice.at(-1)}. That makes ${sum}.`;
}

function countIn(args: string): number {
  const parsed: unknown = args.trim() === "" ? {} : JSON.parse(args);
  const count = typeof parsed === "object" && parsed !== null && "count" in parsed ? parsed.count : 1;
  if (typeof count !== "number" || !Number.isInteger(count) || count < 1 || count > MOST_DICE) {
    throw new Error(`The count must be a whole number from 1 to ${MOST_DICE}.`);
  }
  return count;
}

function readClock(world: World): string {
  const now = world.now();
  const time = now.toLocaleTimeString("en-US", { hour: "numeric", minute: "2-digit" });
  const day = now.toLocaleDateString("en-US", { weekday: "long", month: "long", day: "numeric" });
  return `Your computer's clock says ${time} on ${day}.`;
}
