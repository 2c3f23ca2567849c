/** What the axes of a score are called, in which unit they are, and which way is better. Pure. */

/** One axis for people. */
export interface Metric {
  /** For an axis or a tooltip. */
  name: string;
  /** For the head of a column. */
  short: string;
  unit: "%" | "ms" | "$/min" | "";
  better: "lower" | "higher";
}

const METRICS: Record<string, Metric> = {
  wer_pct: { name: "Word error rate", short: "WER", unit: "%", better: "lower" },
  round_trip_cer_pct: { name: "Character error rate, heard back", short: "CER", unit: "%", better: "lower" },
  quality_score: { name: "Quality score", short: "Quality", unit: "", better: "higher" },
  task_success_pct: { name: "Task success", short: "Success", unit: "%", better: "higher" },
  ttfp_p50_ms: { name: "Time to first partial, median", short: "TTFP", unit: "ms", better: "lower" },
  latency_p50_ms: { name: "Latency of a recording, median", short: "Latency", unit: "ms", better: "lower" },
  ttfb_p50_ms: { name: "Time to first byte, median", short: "TTFB", unit: "ms", better: "lower" },
  ttft_p50_ms: { name: "Time to first token, median", short: "TTFT", unit: "ms", better: "lower" },
  tool_call_p50_ms: { name: "Turn with a tool call, median", short: "Tool turn", unit: "ms", better: "lower" },
  usd_per_minute: { name: "Cost per minute", short: "Cost", unit: "$/min", better: "lower" },
};

/** The metric of a gateway's name; of a name that came with a later gateway, as much as the name says itself. */
export function metricOf(name: string | null): Metric {
  if (name === null) return { name: "Not named", short: "Not named", unit: "", better: "higher" };
  const known = METRICS[name];
  if (known !== undefined) return known;
  const unit = name.endsWith("_pct") ? "%" : name.endsWith("_ms") ? "ms" : "";
  return { name, short: name, unit, better: unit === "ms" ? "lower" : "higher" };
}

/** A value in its unit: `7.8 %`, `1,061 ms`, `$0.0077`; `–` for one that nobody measured. */
export function formatValue(value: number | null, unit: Metric["unit"]): string {
  if (value === null) return "–";
  if (unit === "$/min") return dollarsPerMinute(value);
  const text = value.toLocaleString("en", { maximumFractionDigits: decimalsOf(value) });
  return unit === "" ? text : `${text} ${unit}`;
}

/** As many as keep three figures, and at most three. */
function decimalsOf(value: number): number {
  const size = Math.abs(value);
  if (size >= 100) return 0;
  return size >= 10 ? 1 : size >= 1 ? 2 : 3;
}

/** At least two decimals, and as many as four figures need. */
function dollarsPerMinute(value: number): string {
  const decimals = value > 0 && value < 0.1 ? Math.min(8, 3 - Math.floor(Math.log10(value))) : 2;
  return `$${value.toFixed(decimals).replace(/(\.\d\d\d*?)0+$/, "$1")}`;
}

/** A snapshot's id in words: its name and, where the id has one, its date. */
export function snapshotName(id: string): string {
  const named = /^(.+?)(?:_(\d{4}-\d\d-\d\d))?_[0-9a-f]{12}$/.exec(id);
  const [name = id, date] = named ? named.slice(1) : [id];
  return date === undefined ? name : `${name}, ${date}`;
}

/** What the gateway's own snapshots are; empty for measurements of vendors. */
export function snapshotWords(id: string): string {
  if (/^declared-embedded_/.test(id)) return "own engines, never measured";
  if (/^declared_/.test(id)) return "usable, never measured";
  return /^embedded_/.test(id) ? "own engines" : "";
}
