// Bundles one library: an ES module per entry in dist/, types and the license beside it, and its size as a browser
// downloads it.

import { execFileSync } from "node:child_process";
import { copyFile, readFile, rm } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { rolldown } from "rolldown";

/**
 * @param {{ entries: Record<string, string>, limit?: { entry: string, with: string[], bytes: number } }} library
 *   `entries`: output name to source file; each becomes one file that imports nothing. `limit`: the most that an entry
 *   may weigh, gzipped, together with the files that it loads.
 */
export async function buildLibrary({ entries, limit }) {
  await rm("dist", { recursive: true, force: true });
  for (const [name, input] of Object.entries(entries)) {
    const bundle = await rolldown({ input, platform: "browser", logLevel: "warn" });
    await bundle.write({ dir: "dist", format: "esm", minify: true, sourcemap: false, entryFileNames: `${name}.js` });
    await bundle.close();
  }
  const tsc = fileURLToPath(new URL("./node_modules/typescript/bin/tsc", import.meta.url));
  const types = ["--noEmit", "false", "--declaration", "--emitDeclarationOnly", "--outDir", "dist/types"];
  execFileSync(process.execPath, [tsc, "-p", ".", ...types], { stdio: "inherit" });
  await copyFile(new URL("../LICENSE", import.meta.url), "dist/LICENSE");
  for (const name of Object.keys(entries)) {
    console.log(`dist/${name}.js  ${await gzipped(name)} bytes gzipped`);
  }
  if (limit !== undefined) {
    const sizes = await Promise.all([limit.entry, ...limit.with].map(gzipped));
    const total = sizes.reduce((sum, size) => sum + size, 0);
    console.log(`together ${total} bytes gzipped, of ${limit.bytes} allowed`);
    if (total > limit.bytes) {
      process.exitCode = 1;
    }
  }
}

/** @param {string} name */
async function gzipped(name) {
  return gzipSync(await readFile(`dist/${name}.js`), { level: 9 }).length;
}
