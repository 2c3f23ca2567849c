/** A name for a new key. */

import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { problemText } from "../../api/problem.js";
import { Button, Dialog, TextField } from "../../ui/index.js";

/** `onCreate` may fail: the dialog stays and says why. */
export function CreateDialog(props: { onCreate: (name: string) => Promise<void>; onClose: () => void }): JSX.Element {
  const [name, setName] = useState("");
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<string | null>(null);
  const submit = async (event: Event): Promise<void> => {
    event.preventDefault();
    if (busy) {
      return;
    }
    if (name.trim() === "") {
      setError("Give the key a name: it is how you will know it later.");
      return;
    }
    setBusy(true);
    setError(null);
    try {
      await props.onCreate(name.trim());
      props.onClose();
    } catch (problem) {
      setError(problemText(problem));
      setBusy(false);
    }
  };
  return (
    <Dialog
      title="Create an API key"
      onClose={props.onClose}
      footer={
        <>
          <Button onClick={props.onClose}>Cancel</Button>
          <Button kind="primary" busy={busy} onClick={submit}>
            Create key
          </Button>
        </>
      }
    >
      <form onSubmit={submit} noValidate>
        <TextField
          label="Name"
          value={name}
          onInput={setName}
          maxLength={100}
          placeholder="backend, staging, Anna’s laptop …"
          error={error}
          hint="The program or the person that will use it. Every key may do everything."
        />
      </form>
    </Dialog>
  );
}
