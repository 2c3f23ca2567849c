/** A past for a gateway that was just started. */

import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { PYTHON } from "./paths.js";

const SCRIPT = fileURLToPath(new URL("./usage.py", import.meta.url));

/** Writes four weeks of usage into its database, behind its back. */
export function writeUsage(gateway: { data: string }): void {
  execFileSync(PYTHON, [SCRIPT, gateway.data], { stdio: ["ignore", "ignore", "pipe"] });
}
