import { render } from "preact";
import { App, enter } from "./app.js";
import { takeToken } from "./login/token.js";
import { startRouter } from "./shell/router.js";
import { restoreTheme } from "./shell/theme.js";
import { startClock } from "./ui/time.js";
import "./style/index.css";

// Before anything else: the token is worth a session, and addresses are kept, shown and shared.
const token = takeToken();
restoreTheme();
startRouter();
startClock();
void enter(token);
const root = document.getElementById("console");
if (root) {
  render(<App />, root);
}
