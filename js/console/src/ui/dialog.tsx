/** A question in front of the page. The browser keeps the focus inside and gives it back. */

import type { ComponentChildren, JSX, RefObject } from "preact";
import { useEffect, useId, useRef, useState } from "preact/hooks";
import { problemText } from "../api/problem.js";
import { Button, IconButton } from "./button.js";
import { Notice } from "./notice.js";

/**
 * What makes a `<dialog>` modal for as long as it is rendered, and gives the focus back afterwards. `onClose`: Escape, or
 * a click beside it, unless it `stays`.
 */
export function useModal(
  onClose: () => void,
  stays = false,
): Pick<JSX.IntrinsicElements["dialog"], "onCancel" | "onClick"> & { ref: RefObject<HTMLDialogElement | null> } {
  const ref = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    const before = document.activeElement;
    const shown = ref.current;
    shown?.showModal();
    return () => {
      shown?.close();
      if (before instanceof HTMLElement && before.isConnected) {
        before.focus();
      }
    };
  }, []);
  return {
    ref,
    onCancel: (event) => {
      event.preventDefault();
      onClose();
    },
    // The box fills the dialog: a click on the dialog itself is one on its backdrop.
    onClick: (event) => {
      if (event.target === ref.current && !stays) {
        onClose();
      }
    },
  };
}

/** Shown while it is rendered: `{asking && <Dialog …/>}`. `onClose`: Escape, the cross, or the backdrop. */
export function Dialog(props: {
  title: string;
  onClose: () => void;
  children: ComponentChildren;
  footer?: ComponentChildren;
  /** A click beside it does not close it: for what is shown only once. */
  stays?: boolean | undefined;
}): JSX.Element {
  const modal = useModal(props.onClose, props.stays);
  const id = useId();
  return (
    <dialog {...modal} class="dialog" aria-labelledby={id}>
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
