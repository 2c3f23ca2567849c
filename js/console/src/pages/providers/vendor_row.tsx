/** One vendor: what it does, whether it can be called, and its key. */

import type { ProviderTest } from "@spekoai/sdk";
import type { JSX } from "preact";
import { useRef, useState } from "preact/hooks";
import { speko } from "../../api/gateway.js";
import { LAYER_NAMES } from "../../api/layers.js";
import { problemText } from "../../api/problem.js";
import { announce, Badge, Button, Confirm, count, Fold, Time } from "../../ui/index.js";
import { KeyDialog } from "./key_dialog.js";
import { TestResult } from "./test_result.js";
import { advice, type Refusal, type Vendor, type VendorLayer } from "./vendors.js";

const ABOUT: Record<string, string> = {
  pocketsphinx: "Recognises plain English. Quick, and often wrong: noise, names and accents defeat it.",
  flite: "English voices of the nineties: clear, quick, robotic.",
  espeak: "A small formant synthesiser for many languages: robotic, and understood everywhere.",
  speko:
    "Answers by rules, not by a language model: sums, the time, small talk, tool calls. Its voice agent joins recognition, model and voice by routing.",
};

type Tested = { busy: true } | { busy: false; result: ProviderTest } | { busy: false; problem: string } | null;

export function VendorRow({ vendor, onChange }: { vendor: Vendor; onChange: () => void }): JSX.Element {
  const [asking, setAsking] = useState<"key" | "removal" | null>(null);
  const [tested, setTested] = useState<Tested>(null);
  /** Of the key that is stored now: what comes of a test of the one before says nothing about it. */
  const newest = useRef<object | null>(null);

  const test = async (): Promise<void> => {
    const mine = {};
    newest.current = mine;
    setTested({ busy: true });
    const outcome = await speko.providers.test(vendor.id).then(
      (result) => ({ busy: false, result }) as const,
      (problem: unknown) => ({ busy: false, problem: problemText(problem) }) as const,
    );
    if (newest.current === mine) setTested(outcome);
    // What came of it is noted beside the key.
    onChange();
  };
  const store = async (key: string): Promise<void> => {
    await speko.providers.set(vendor.id, key);
    announce(`The key for ${vendor.name} is stored.`);
    onChange();
    void test();
  };
  const remove = async (): Promise<void> => {
    await speko.providers.remove(vendor.id);
    announce(`The key for ${vendor.name} is removed.`);
    newest.current = null;
    setTested(null);
    onChange();
  };

  return (
    <li class="vendor">
      <div class="vendor-main">
        <div class="vendor-name">
          <h3>{vendor.name}</h3>
          <ul class="vendor-layers" aria-label={`What ${vendor.name} does`}>
            {vendor.layers.map((entry) => (
              <LayerChip key={entry.layer} entry={entry} />
            ))}
          </ul>
        </div>
        {vendor.kind !== "listed" && <Standing vendor={vendor} failed={failed(tested)} />}
        {vendor.refused && tested === null && <Refused vendor={vendor} refusal={vendor.refused} />}
      </div>
      <div class="vendor-actions">
        {takesKey(vendor) && (
          <Button size="small" onClick={() => setAsking("key")}>
            {vendor.ownKey ? "Replace key" : "Add key"}
            <span class="sr-only"> for {vendor.name}</span>
          </Button>
        )}
        {testable(vendor) && (
          <Button size="small" busy={tested?.busy ?? false} onClick={test}>
            Test<span class="sr-only"> {vendor.name}</span>
          </Button>
        )}
        {vendor.ownKey && (
          <Button size="small" kind="quiet" onClick={() => setAsking("removal")}>
            Remove<span class="sr-only"> the key for {vendor.name}</span>
          </Button>
        )}
      </div>
      {tested && <TestResult tested={tested} name={vendor.name} />}
      {(vendor.kind === "cloud" || vendor.kind === "own_server") && <Models layers={vendor.layers} />}
      {asking === "key" && <KeyDialog vendor={vendor} onStore={store} onClose={() => setAsking(null)} />}
      {asking === "removal" && (
        <Confirm
          title={`Remove the key for ${vendor.name}?`}
          action="Remove key"
          onConfirm={remove}
          onClose={() => setAsking(null)}
        >
          <p>
            The gateway forgets it at once. Calls go on with the operator’s key where there is one, else with another
            vendor. Calls under way end as they began.
          </p>
        </Confirm>
      )}
    </li>
  );
}

/** Whether the vendor can be called, and why not. */
function Standing({ vendor, failed }: { vendor: Vendor; failed: boolean }): JSX.Element {
  if (vendor.kind === "embedded") {
    return (
      <p class="vendor-standing">
        {!vendor.usable && <Badge tone="warn">Not available</Badge>}
        <span class="soft">{vendor.usable ? ABOUT[vendor.id] : advice(vendor)}</span>
      </p>
    );
  }
  if (vendor.usable) {
    return (
      <p class="vendor-standing">
        {vendor.refused && !failed ? (
          <Badge tone="warn" dot>
            Key refused
          </Badge>
        ) : (
          <Badge tone={failed ? "danger" : "ok"} dot>
            {failed ? "Not working" : "Ready"}
          </Badge>
        )}
        <span class="soft">{whoseCredential(vendor)}</span>
      </p>
    );
  }
  return (
    <p class="vendor-standing">
      <Badge tone={vendor.ownKey ? "warn" : "neutral"} dot>
        {WHY[vendor.reason ?? ""] ?? "Not ready"}
      </Badge>
      <span class="faint small">{advice(vendor)}</span>
    </p>
  );
}

/** What the vendor said to the key, and what to do. A fresh test below says the same and more. */
function Refused({ vendor, refusal }: { vendor: Vendor; refusal: Refusal }): JSX.Element {
  return (
    <p class="vendor-refused small">
      {vendor.name} refused it <Time at={refusal.at} />
      {refusal.words && <>: “{refusal.words.replace(/\.$/, "")}”</>}. Calls go on with other vendors. Make a key at{" "}
      {vendor.name} and replace this one, or test it again if it is good now.
    </p>
  );
}

const WHY: Record<string, string> = {
  NO_CREDENTIAL: "No key",
  NO_BASE_URL: "No address",
};

function whoseCredential(vendor: Vendor): JSX.Element {
  if (vendor.ownKey) {
    return (
      <>
        {vendor.refused ? "your key" : "with your key"}, stored <Time at={vendor.storedAt} />
      </>
    );
  }
  return <>{vendor.kind === "own_server" ? "at the operator’s address" : "with the operator’s key"}</>;
}

function LayerChip({ entry }: { entry: VendorLayer }): JSX.Element {
  const state = entry.usable ? "" : entry.connected ? "layer-idle" : "layer-missing";
  return (
    <li class={`layer layer-${entry.layer} ${state}`} title={entry.connected ? "" : "No connector in this build"}>
      {LAYER_NAMES[entry.layer]}
      {!entry.connected && <span class="sr-only"> (no connector in this build)</span>}
    </li>
  );
}

function Models({ layers }: { layers: readonly VendorLayer[] }): JSX.Element | null {
  const number = layers.reduce((sum, entry) => sum + entry.models.length, 0);
  if (number === 0) {
    return null;
  }
  return (
    <div class="vendor-models">
      <Fold summary={<span class="small">{count(number, "model")}</span>}>
        <dl>
          {layers.map((entry) => (
            <div key={entry.layer}>
              <dt>{LAYER_NAMES[entry.layer]}</dt>
              {entry.models.map((model) => (
                <dd key={model}>
                  <code>{model}</code>
                </dd>
              ))}
            </div>
          ))}
        </dl>
      </Fold>
    </div>
  );
}

/** The last test here went wrong: calls would too. */
function failed(tested: Tested): boolean {
  return tested !== null && !tested.busy && "result" in tested && !tested.result.ok;
}

function takesKey(vendor: Vendor): boolean {
  return vendor.kind === "cloud" || (vendor.kind === "own_server" && vendor.ownKey);
}

function testable(vendor: Vendor): boolean {
  return vendor.kind !== "listed" && (vendor.usable || vendor.ownKey);
}
