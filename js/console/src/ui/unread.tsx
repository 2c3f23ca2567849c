/** What a page says when the gateway did not give it what it shows. */

import type { JSX } from "preact";
import { Button } from "./button.js";
import { Notice } from "./notice.js";

/** Nothing where there is no `problem`, which is a sentence. `retry` reads again. */
export function Unread(props: { title: string; problem: string | null; retry: () => void }): JSX.Element | null {
  if (props.problem === null) {
    return null;
  }
  return (
    <Notice tone="error" title={props.title} action={<Button onClick={props.retry}>Try again</Button>}>
      {props.problem}
    </Notice>
  );
}
