/**
 * Two hosts of our own: network namespaces `near` (the browser) and `far` (the gateway), with a link between them that
 * can be cut. This process reaches both over links of its own. Needs root and `ip`.
 */

import { execFileSync } from "node:child_process";
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { chromiumPath } from "./paths.js";

export interface Network {
  /** Words before a command that is to run at the far host. */
  far: string[];
  /** The far host's address, as the near one knows it, and as this process does. */
  farFromNear: string;
  farFromHere: string;
  /** This process's address, as the near host knows it. */
  hereFromNear: string;
  /** A program that is Chromium at the near host. */
  chromium: string;
  /** Cuts the link between them: nobody is told, packets are lost. */
  cut(): void;
  mend(): void;
  /** The near host comes from another address from now on, of two in turn; what it had open is dead, and nobody is told. */
  move(): void;
  remove(): void;
}

/** Whether this process may make one. */
export const mayMakeNetworks = process.getuid?.() === 0;

export function makeNetwork(): Network {
  const id = String(process.pid % 10_000);
  // Others on this machine may be at it, too.
  const net = `10.${100 + (process.pid % 100)}`;
  const near = `near${id}`;
  const far = `far${id}`;
  const ip = (...args: string[]) => void execFileSync("ip", args, { stdio: "pipe" });
  const at = (name: string, ...args: string[]) => ip("-n", name, ...args);
  const link = (a: string, b: string) => ip("link", "add", `${a}${id}`, "type", "veth", "peer", "name", `${b}${id}`);
  const into = (name: string, device: string, address: string) => {
    ip("link", "set", `${device}${id}`, "netns", name);
    at(name, "addr", "add", `${address}/24`, "dev", `${device}${id}`);
    at(name, "link", "set", `${device}${id}`, "up");
  };
  const here = (device: string, address: string) => {
    ip("addr", "add", `${address}/24`, "dev", `${device}${id}`);
    ip("link", "set", `${device}${id}`, "up");
  };
  for (const name of [near, far]) {
    ip("netns", "add", name);
    at(name, "link", "set", "lo", "up");
  }
  link("nf", "fn");
  link("hn", "nh");
  link("hf", "fh");
  into(near, "nf", `${net}.1.1`);
  into(far, "fn", `${net}.1.2`);
  here("hn", `${net}.2.1`);
  into(near, "nh", `${net}.2.2`);
  here("hf", `${net}.3.1`);
  into(far, "fh", `${net}.3.2`);
  const folder = mkdtempSync(join(tmpdir(), "speko-near-"));
  const chromium = join(folder, "chromium");
  writeFileSync(chromium, `#!/bin/sh\nexec ip netns exec ${near} ${chromiumPath()} "$@"\n`);
  chmodSync(chromium, 0o755);
  const addresses = [`${net}.1.1/24`, `${net}.1.9/24`];
  return {
    far: ["ip", "netns", "exec", far],
    farFromNear: `${net}.1.2`,
    farFromHere: `${net}.3.2`,
    hereFromNear: `${net}.2.1`,
    chromium,
    // At the far end: the browser's own device stays up, as behind a router that has lost its line.
    cut: () => at(far, "link", "set", `fn${id}`, "down"),
    mend: () => at(far, "link", "set", `fn${id}`, "up"),
    move: () => {
      // In this order: with the first address of a device, all others of its network go.
      at(near, "addr", "del", addresses[0] as string, "dev", `nf${id}`);
      addresses.reverse();
      at(near, "addr", "add", addresses[0] as string, "dev", `nf${id}`);
    },
    remove: () => {
      for (const name of [near, far]) {
        ip("netns", "del", name);
      }
      rmSync(folder, { recursive: true });
    },
  };
}
