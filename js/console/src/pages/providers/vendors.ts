/** The gateway's rows, one per vendor and layer, as one entry per vendor. */

import type { ProviderRow } from "@spekoai/sdk";
import { LAYER_NAMES, type Layer } from "../../api/layers.js";

/** Where a vendor stands on the page. */
export type Kind = "embedded" | "own_server" | "cloud" | "listed";

/** One vendor. */
export interface Vendor {
  id: string;
  name: string;
  kind: Kind;
  layers: readonly VendorLayer[];
  /** Some layer can be called now. */
  usable: boolean;
  /** The organization stored a key of its own. */
  ownKey: boolean;
  /** When; ISO 8601. */
  storedAt: string | null;
  /** The vendor refused that key, and has not taken it since. */
  refused: Refusal | null;
  /** Why no layer is usable, and what to do about it, in the gateway's words. */
  reason: string | null;
  hint: string | null;
}

/** What a vendor said to the organization's own key. */
export interface Refusal {
  /** ISO 8601. */
  at: string;
  /** HTTP status; null where there was none. */
  status: number | null;
  /** The vendor's words; may be empty. */
  words: string;
}

/** One layer of a vendor. */
export interface VendorLayer {
  layer: Layer;
  usable: boolean;
  /** This build can call it once there is a credential. */
  connected: boolean;
  models: readonly string[];
}

/** Servers that run beside the gateway: an address makes them usable, not a key. */
export const OWN_SERVERS: readonly string[] = ["ollama", "llamacpp", "vllm", "speaches"];

const NO_CONNECTOR = "NO_CONNECTOR";

/** The vendors in the order of their rows: a vendor stays where it is when it gets a key. */
export function vendorsOf(rows: readonly ProviderRow[]): readonly Vendor[] {
  const byId = new Map<string, ProviderRow[]>();
  for (const row of rows) {
    byId.set(row.key, [...(byId.get(row.key) ?? []), row]);
  }
  return [...byId.values()].map(vendorOf);
}

/** Whether a vendor is what was typed: in its name, its id, its layers or its models. */
export function matches(vendor: Vendor, typed: string): boolean {
  const words = typed.toLowerCase().split(/\s+/).filter(Boolean);
  const layers = vendor.layers.map((entry) => `${entry.layer} ${LAYER_NAMES[entry.layer]} ${entry.models.join(" ")}`);
  const text = `${vendor.id} ${vendor.name} ${layers.join(" ")}`.toLowerCase();
  return words.every((word) => text.includes(word));
}

/** The gateway's hint as a sentence of its own: the badge beside it says already what is missing. */
export function advice(vendor: Vendor): string {
  const hint = (vendor.hint ?? "").replace(/^no (key|base URL) for [^:]*: /, "");
  return hint.charAt(0).toUpperCase() + hint.slice(1);
}

function vendorOf(rows: readonly ProviderRow[]): Vendor {
  const [first] = rows;
  const open =
    rows.find((row) => !row.configured && row.reason !== NO_CONNECTOR) ?? rows.find((row) => !row.configured);
  const usable = rows.some((row) => row.configured);
  return {
    id: first?.key ?? "",
    name: first?.name ?? "",
    kind: kindOf(rows),
    layers: rows.filter(isKnownLayer).map((row) => ({
      layer: row.type as Layer,
      usable: row.configured,
      connected: row.reason !== NO_CONNECTOR,
      models: row.models.map((model) => model.id),
    })),
    usable,
    ownKey: rows.some((row) => row.source === "BYOK"),
    storedAt: rows.find((row) => row.updatedAt !== null)?.updatedAt ?? null,
    refused: refusalOf(rows),
    reason: usable ? null : (open?.reason ?? null),
    hint: usable ? null : (open?.hint ?? null),
  };
}

function refusalOf(rows: readonly ProviderRow[]): Refusal | null {
  const row = rows.find((one) => one.rejectedAt !== null && one.source === "BYOK");
  return row?.rejectedAt ? { at: row.rejectedAt, status: row.rejectedStatus, words: row.rejection ?? "" } : null;
}

function kindOf(rows: readonly ProviderRow[]): Kind {
  if (rows.some((row) => row.embedded)) {
    return "embedded";
  }
  if (rows.every((row) => row.reason === NO_CONNECTOR)) {
    return "listed";
  }
  return rows.some((row) => OWN_SERVERS.includes(row.key)) ? "own_server" : "cloud";
}

function isKnownLayer(row: ProviderRow): boolean {
  return row.type in LAYER_NAMES;
}
