import { expect, test } from "vitest";
import { startGateway } from "../harness/gateway.js";
import { record } from "../harness/speech.js";

test("a gateway starts, answers with its key and ends", async () => {
  const gateway = await startGateway();
  const answer = await fetch(`${gateway.url}/v1/organization`, { headers: { authorization: `Bearer ${gateway.key}` } });
  expect(answer.status).toBe(200);
  await gateway.stop();
  await expect(fetch(`${gateway.url}/healthz`)).rejects.toThrow();
});

test("speech lies where it is said to lie", () => {
  const { seconds, spoken } = record([{ silence: 0.5 }, { say: "Hello there." }, { silence: 1 }]);
  expect(spoken).toHaveLength(1);
  const [start, end] = spoken[0] ?? [0, 0];
  expect(start).toBeCloseTo(0.5, 3);
  expect(end).toBeGreaterThan(start + 0.3);
  expect(seconds).toBeCloseTo(end + 1, 3);
});
