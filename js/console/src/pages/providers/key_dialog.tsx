/** A place to paste a vendor's key. */

import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { problemText } from "../../api/problem.js";
import { Button, Dialog, TextField } from "../../ui/index.js";
import type { Vendor } from "./vendors.js";

/** `onStore` may fail: the dialog stays and says why. */
export function KeyDialog(props: {
  vendor: Vendor;
  onStore: (key: string) => Promise<void>;
  onClose: () => void;
}): JSX.Element {
  const { vendor } = props;
  const [key, setKey] = useState("");
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<string | null>(null);
  const submit = async (event?: Event): Promise<void> => {
    event?.preventDefault();
    if (busy) {
      return;
    }
    const missing = whatIsWrong(key);
    setError(missing);
    if (missing !== null) {
      return;
    }
    setBusy(true);
    try {
      await props.onStore(key.trim());
      props.onClose();
    } catch (problem) {
      setError(problemText(problem));
      setBusy(false);
    }
  };
  return (
    <Dialog
      title={vendor.ownKey ? `Replace the key for ${vendor.name}` : `Add a key for ${vendor.name}`}
      onClose={props.onClose}
      footer={
        <>
          <Button onClick={props.onClose}>Cancel</Button>
          <Button kind="primary" busy={busy} onClick={submit}>
            Save and test
          </Button>
        </>
      }
    >
      <form onSubmit={submit} autocomplete="off" noValidate>
        <TextField
          label={`API key from ${vendor.name}`}
          secret
          value={key}
          onInput={setKey}
          error={error}
          hint="Stored encrypted, for your organization alone. What it serves is billed by the vendor to you, and costs nothing here."
        />
      </form>
    </Dialog>
  );
}

/** Why this cannot be a key, before anybody is asked. */
export function whatIsWrong(key: string): string | null {
  const trimmed = key.trim();
  if (trimmed === "") {
    return "Paste the key first.";
  }
  return /^[!-~]+$/.test(trimmed)
    ? null
    : "A key has no spaces, line breaks or special characters. Was more than the key copied?";
}
