/** Sessions: the list, and one of them. */

import type { JSX } from "preact";
import { route } from "../../shell/router.js";
import { SessionDetail } from "./session_detail.js";
import { SessionList } from "./session_list.js";
import "../../style/sessions.css";

export function SessionsPage(): JSX.Element {
  const id = route.value.parts[0];
  return id === undefined ? <SessionList /> : <SessionDetail key={id} id={id} />;
}
