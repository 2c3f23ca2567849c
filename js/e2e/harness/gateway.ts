/** A gateway of its own process, as a user starts it. */

import { type ChildProcess, spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { REPOSITORY, SPEKO } from "./paths.js";

export interface GatewayOptions {
  /** More arguments of `speko serve`. */
  args?: string[];
  /** Beside PATH, HOME and the like. Vendors' keys of this machine are not passed on. */
  env?: Record<string, string>;
  /** Words to put before the command, such as `ip netns exec far`. */
  prefix?: string[];
  /** A folder to use again; default: one of its own, removed at the end. */
  data?: string;
  /** Default: a free one. */
  port?: number;
}

export interface RunningGateway {
  url: string;
  /** An API key. Empty when the data folder had one already. */
  key: string;
  /** The one-time link to the console; undefined when it is not served. */
  consoleUrl: string | undefined;
  data: string;
  /** Everything it wrote to standard error. */
  logs(): string;
  /** Ends at once and waits for it. */
  stop(): Promise<void>;
  /** kill -9, and waits for it. */
  kill(): Promise<void>;
}

const READY_WITHIN_MS = 60_000;

/** Starts a gateway on the embedded engines and waits until it serves. */
export async function startGateway(options: GatewayOptions = {}): Promise<RunningGateway> {
  const data = options.data ?? (await mkdtemp(join(tmpdir(), "speko-e2e-")));
  const port = String(options.port ?? 0);
  const command = [...(options.prefix ?? []), SPEKO, "serve", "--json", "--first-key", "--port", port, "--data", data];
  const [program, ...args] = [...command, ...(options.args ?? [])] as [string, ...string[]];
  const child = spawn(program, args, {
    cwd: REPOSITORY,
    env: environment(options.env),
    stdio: ["ignore", "pipe", "pipe"],
  });
  let logs = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    logs += text;
  });
  const end = async (signal: NodeJS.Signals) => {
    await gone(child, signal);
    if (options.data === undefined) {
      await rm(data, { recursive: true, force: true });
    }
  };
  let said: { url: string; key?: string; consoleUrl?: string };
  try {
    said = JSON.parse(await firstDocument(child));
  } catch (cause) {
    await end("SIGKILL");
    throw new Error(`the gateway did not start:\n${logs}`, { cause });
  }
  return {
    url: said.url,
    key: said.key ?? "",
    consoleUrl: said.consoleUrl,
    data,
    logs: () => logs,
    stop: () => end("SIGINT"),
    kill: () => end("SIGKILL"),
  };
}

function environment(more: Record<string, string> = {}): Record<string, string> {
  const kept = Object.entries(process.env).filter(([name]) => /^(PATH|HOME|LANG|LC_.*|TMPDIR)$/.test(name));
  return { ...Object.fromEntries(kept as [string, string][]), ...more };
}

/** The JSON document on standard output: it is written when the gateway is warm. */
function firstDocument(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = "";
    const timer = setTimeout(() => reject(new Error(`not ready within ${READY_WITHIN_MS} ms`)), READY_WITHIN_MS);
    child.once("exit", (code) => reject(new Error(`it ended with ${code}`)));
    child.stdout?.setEncoding("utf8").on("data", (chunk: string) => {
      text += chunk;
      const document = complete(text);
      if (document !== undefined) {
        clearTimeout(timer);
        resolve(document);
      }
    });
  });
}

function complete(text: string): string | undefined {
  try {
    JSON.parse(text);
    return text;
  } catch {
    return undefined;
  }
}

async function gone(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) {
    return;
  }
  const exited = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  child.kill(signal);
  await exited;
}
