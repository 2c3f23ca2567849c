/** Where things are, relative to this file. */

import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";

const at = (relative: string) => fileURLToPath(new URL(relative, import.meta.url));

export const REPOSITORY = at("../../../");
export const OUT = at("../out/");
/** Where screenshots of a test run go. */
export const SCREENSHOTS = at("../out/screenshots/");
/** Speech for the microphone, to be used again. */
export const RECORDINGS = at("../out/recordings/");
/** Pictures of the documentation. */
export const DOCS_IMAGES = at("../../../docs/images/");
/** The Python of the gateway, and its command. */
export const PYTHON = at("../../../.venv/bin/python");
export const SPEKO = at("../../../.venv/bin/speko");
export const CLIENT_DIST = at("../../client/dist/");
export const SDK_DIST = at("../../sdk/dist/");

const CHROMIUMS = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];

/** The browser of this machine: `CHROMIUM`, else where the usual packages put it. */
export function chromiumPath(): string {
  const found = process.env.CHROMIUM ?? CHROMIUMS.find(existsSync);
  if (found === undefined) {
    throw new Error("no Chromium on this machine; type: sudo apt-get install -y chromium");
  }
  return found;
}
