import { expect, it } from "vitest";
import { StatusMachine } from "../../src/conversation/status.js";
import type { ConversationStatus } from "../../src/types.js";

const ALL: ConversationStatus[] = ["connecting", "connected", "disconnecting", "disconnected"];
const ALLOWED = new Set([
  "connecting>connected",
  "connecting>disconnected",
  "connected>disconnecting",
  "connected>disconnected",
  "disconnecting>disconnected",
]);
const WAYS: Record<ConversationStatus, ConversationStatus[]> = {
  connecting: [],
  connected: ["connected"],
  disconnecting: ["connected", "disconnecting"],
  disconnected: ["disconnected"],
};

it.each(ALL.flatMap((from) => ALL.map((to) => [from, to] as const)))("from %s to %s", (from, to) => {
  const machine = new StatusMachine();
  WAYS[from].forEach((step) => void machine.move(step));
  expect(machine.status).toBe(from);
  const allowed = ALLOWED.has(`${from}>${to}`);
  expect(machine.move(to)).toBe(allowed);
  expect(machine.status).toBe(allowed ? to : from);
});
