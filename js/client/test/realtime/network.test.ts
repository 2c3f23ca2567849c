import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { watchNetwork } from "../../src/realtime/network.js";

const page = new EventTarget();
const connection = Object.assign(new EventTarget(), { type: "wifi" as string | undefined });

beforeEach(() => {
  vi.stubGlobal("addEventListener", page.addEventListener.bind(page));
  vi.stubGlobal("navigator", { connection });
  connection.type = "wifi";
});
afterEach(() => vi.unstubAllGlobals());

function becomes(type: string | undefined): void {
  connection.type = type;
  connection.dispatchEvent(new Event("change"));
}

it("tells of a network that is back, and of another one, until it is stopped", () => {
  const changed = vi.fn();
  const stop = watchNetwork(changed);
  page.dispatchEvent(new Event("offline"));
  expect(changed).toHaveBeenCalledTimes(0);
  page.dispatchEvent(new Event("online"));
  expect(changed).toHaveBeenCalledTimes(1);
  becomes("cellular");
  expect(changed).toHaveBeenCalledTimes(2);
  becomes("cellular"); // another guess of the speed
  becomes("none");
  expect(changed).toHaveBeenCalledTimes(2);
  becomes("wifi");
  expect(changed).toHaveBeenCalledTimes(3);
  stop();
  page.dispatchEvent(new Event("online"));
  becomes("cellular");
  expect(changed).toHaveBeenCalledTimes(3);
});

it("does without what a browser does not know", () => {
  vi.stubGlobal("navigator", {});
  watchNetwork(() => {})();
  vi.stubGlobal("addEventListener", undefined);
  vi.stubGlobal("navigator", undefined);
  watchNetwork(() => {})();
});
