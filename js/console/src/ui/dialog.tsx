/** A question in front of the page. The browser keeps the focus inside and gives it back. */

import type { ComponentChildren, JSX } from "preact";
import { useEffect, useId, useRef, useState } from "preact/hooks";
import { problemText } from "../api/problem.js";
import { Button, IconButton } from "./button.js";
import { Notice } from "./notice.js";

/** Shown while it is rendered: `{asking && <Dialog …/>}`. `onClose`: Escape, the cross, or the backdrop. */
export function Dialog(props: {
  title: string;
  onClose: () => void;
  children: ComponentChildren;
  footer?: ComponentChildren;
  /** A click beside it does not close it: for what is shown only once. */
  stays?: boolean | undefined;
}): JSX.Element {
  const dialog = useRef<HTMLDialogElement>(null);
  const id = useId();
  useEffect(() => {
    const before = document.activeElement;
    const shown = dialog.current;
    shown?.showModal();
    return () => {
      shown?.close();
      if (before instanceof HTMLElement && before.isConnected) {
        before.focus();
      }
    };
  }, []);
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: Escape closes it; the click is the backdrop's.
    <dialog
      ref={dialog}
      class="dialog"
      aria-labelledby={id}
      onCancel={(event) => {
        event.preventDefault();
        props.onClose();
      }}
      onClick={(event) => {
        if (event.target === dialog.current && !props.stays) {
          props.onClose();
        }
      }}
    >
      <div class="dialog-box">
        <header class="dialog-head">
          <h2 id={id}>{props.title}</h2>
        </header>
        <div class="dialog-body">{props.children}</div>
        {props.footer && <footer class="dialog-foot">{props.footer}</footer>}
        {/* Last, though it stands at the top: the first control is where the focus begins. */}
        <div class="dialog-close">
          <IconButton icon="close" label="Close" onClick={props.onClose} />
        </div>
      </div>
    </dialog>
  );
}

/** Asks before something that cannot be undone. `onConfirm` may fail: the dialog stays and says why. */
export function Confirm(props: {
  title: string;
  children: ComponentChildren;
  action: string;
  onConfirm: () => Promise<void>;
  onClose: () => void;
}): JSX.Element {
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<string | null>(null);
  const confirm = async (): Promise<void> => {
    setBusy(true);
    setProblem(null);
    try {
      await props.onConfirm();
      props.onClose();
    } catch (error) {
      setProblem(problemText(error));
      setBusy(false);
    }
  };
  return (
    <Dialog
      title={props.title}
      onClose={props.onClose}
      footer={
        <>
          <Button onClick={props.onClose}>Cancel</Button>
          <Button kind="danger" busy={busy} onClick={confirm}>
            {props.action}
          </Button>
        </>
      }
    >
      {props.children}
      {problem && <Notice tone="error">{problem}</Notice>}
    </Dialog>
  );
}
