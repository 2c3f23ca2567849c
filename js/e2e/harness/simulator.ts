/** A simulated vendor in a process of its own. */

import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { REPOSITORY, SPEKO } from "./paths.js";

export interface Simulator {
  /** For `OPENAI_BASE_URL`. */
  baseUrl: string;
  /** What goes wrong from now on, as `speko simulate --help` names it. */
  fault(fault: { kind: string; path?: string; times?: number; status?: number }): Promise<void>;
  /** Nothing goes wrong any more. */
  mend(): Promise<void>;
  stop(): Promise<void>;
}

/** Starts one that speaks OpenAI's API; `args` as in `speko simulate --help`. */
export async function startSimulator(...args: string[]): Promise<Simulator> {
  const child = spawn(SPEKO, ["simulate", "openai", "--json", "--no-engines", ...args], {
    cwd: REPOSITORY,
    stdio: ["ignore", "pipe", "inherit"],
  });
  const stop = async () => {
    const gone = new Promise<void>((resolve) => child.once("exit", () => resolve()));
    child.kill("SIGINT");
    await gone;
  };
  const said = await new Promise<{ base_url: string; control_url: string }>((resolve, reject) => {
    child.once("exit", (code) => reject(new Error(`the simulator ended with ${code}`)));
    createInterface(child.stdout).once("line", (line) => resolve(JSON.parse(line)));
  });
  const control = async (method: string, path: string, body?: unknown) => {
    const answer = await fetch(`${said.control_url}${path}`, {
      method,
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    if (!answer.ok) {
      throw new Error(`the simulator refused: ${answer.status} ${await answer.text()}`);
    }
  };
  return {
    baseUrl: said.base_url,
    fault: (fault) => control("PUT", "fault", fault),
    mend: () => control("POST", "reset"),
    stop,
  };
}
