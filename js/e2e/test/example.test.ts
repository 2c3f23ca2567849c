import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { expect, test } from "vitest";
import { startChromium } from "../harness/chromium.js";
import { startGateway } from "../harness/gateway.js";
import { REPOSITORY } from "../harness/paths.js";
import { record } from "../harness/speech.js";

test("the example in examples/browser holds a conversation", async () => {
  const gateway = await startGateway();
  const backend = spawn(process.execPath, [join(REPOSITORY, "examples/browser/server.mjs")], {
    env: { SPEKO_BASE_URL: gateway.url, SPEKO_API_KEY: gateway.key, PORT: "0" },
    stdio: ["ignore", "pipe", "inherit"],
  });
  const { path } = record([{ silence: 2 }, { say: "What is twelve times twelve?" }, { silence: 30 }]);
  const browser = await startChromium({ microphone: path });
  try {
    const [said] = (await once(backend.stdout, "data")) as [Buffer];
    const page = await browser.newPage();
    const complaints: string[] = [];
    page.on("pageerror", (error) => complaints.push(error.message));
    page.on("console", (message) => message.type() === "error" && complaints.push(message.text()));
    page.on("response", (response) => response.ok() || complaints.push(`${response.status()} ${response.url()}`));
    await page.goto(String(said).replace("Open ", "").trim());
    await page.getByRole("button", { name: "Start" }).click();
    await page.getByText(/You: .*twelve times twelve/i).waitFor();
    await page.getByText(/Agent: .*(144|hundred)/i).waitFor();
    await page.getByRole("button", { name: "Stop" }).click();
    await page.getByText("disconnected (user)").waitFor();
    expect(complaints).toEqual([]);
    expect(await page.getByRole("listitem").count()).toBeLessThanOrEqual(4);
  } finally {
    await browser.close();
    backend.kill();
    await gateway.stop();
  }
});
