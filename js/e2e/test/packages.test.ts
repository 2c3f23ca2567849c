import { execFileSync, spawnSync } from "node:child_process";
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { REPOSITORY } from "../harness/paths.js";

const JS = join(REPOSITORY, "js");
const PACKAGES = ["client", "sdk"];
/** Somebody's project, which has installed what a registry would have got. */
let project: string;
const sources: string[] = [];

function npm(...args: string[]): string {
  const cli = process.env.npm_execpath;
  const [program, first] = cli === undefined ? ["npm", []] : [process.execPath, [cli]];
  return execFileSync(program, [...first, ...args], { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] });
}

/** Copies a folder's sources into a folder of the project. */
function copySources(from: string, into: string): void {
  mkdirSync(join(project, into));
  for (const name of readdirSync(join(JS, from)).filter((name) => !name.endsWith(".test.ts"))) {
    copyFileSync(join(JS, from, name), join(project, into, name));
    sources.push(join(into, name));
  }
}

const installed = (name: string) => join(project, "node_modules/@spekoai", name);

beforeAll(() => {
  project = mkdtempSync(join(tmpdir(), "speko-project-"));
  writeFileSync(join(project, "package.json"), '{ "type": "module" }');
  for (const name of PACKAGES) {
    const [packed] = JSON.parse(npm("pack", join(JS, name), "--json", "--pack-destination", project));
    mkdirSync(installed(name), { recursive: true });
    execFileSync("tar", ["-xzf", join(project, packed.filename), "-C", installed(name), "--strip-components=1"]);
  }
  for (const name of ["@types", "undici-types", "ws"]) {
    symlinkSync(join(JS, "node_modules", name), join(project, "node_modules", name));
  }
  copySources("e2e/consumer", "documented");
  copySources("client/test/examples", "client");
  copySources("sdk/test/examples", "sdk");
});
afterAll(() => rmSync(project, { recursive: true, force: true }));

test.each([
  ["node16", "node16"],
  ["nodenext", "nodenext"],
  ["esnext", "bundler"],
])("the documented code compiles against the packages, all types checked (module %s, %s)", (module, resolution) => {
  const options = [
    "--strict",
    "--exactOptionalPropertyTypes",
    "--skipLibCheck",
    "false",
    "--noEmit",
    "--types",
    "node",
  ];
  const target = ["--target", "es2022", "--lib", "es2022,dom,dom.iterable"];
  const modules = ["--module", module, "--moduleResolution", resolution];
  expect(sources.length).toBeGreaterThan(10);
  const tsc = join(JS, "node_modules/typescript/bin/tsc");
  const { stdout, stderr } = spawnSync(process.execPath, [tsc, ...options, ...target, ...modules, ...sources], {
    cwd: project,
    encoding: "utf8",
  });
  // The types of Node itself have an error of their own under these options.
  const errors = stdout.split("\n").filter((line) => line.includes("error TS") && !line.includes("/@types/node/"));
  expect({ errors, stderr }).toEqual({ errors: [], stderr: "" });
});

test.each(PACKAGES)("@spekoai/%s has all that its package.json names, its license, and nothing else", (name) => {
  const { exports } = JSON.parse(readFileSync(join(installed(name), "package.json"), "utf8"));
  const named = Object.values(exports).flatMap((entry) =>
    typeof entry === "string" ? [entry] : Object.values(entry as object),
  );
  for (const path of [...named, "dist/LICENSE", "README.md"]) {
    expect(existsSync(join(installed(name), path)), path).toBe(true);
  }
  expect(readdirSync(installed(name)).sort()).toEqual(["README.md", "dist", "package.json"]);
});

test("both can be imported where there is no browser", () => {
  const script =
    'for (const name of ["client", "sdk"]) console.log(Object.keys(await import("@spekoai/" + name)).sort().join())';
  const printed = execFileSync(process.execPath, ["--input-type=module", "-e", script], {
    cwd: project,
    encoding: "utf8",
  });
  expect(printed.trim().split("\n")).toEqual([
    "RealtimeVoiceConversation,SpekoClientError",
    "Speko,SpekoApiError,SpekoAuthError,SpekoRateLimitError,VERSION",
  ]);
});
