import { render } from "preact";
import { App, enter } from "./app.js";
import { takeToken } from "./login/token.js";
import { startRouter } from "./shell/router.js";
import { restoreTheme } from "./shell/theme.js";
import { startClock } from "./ui/time.js";
import "./style/index.css";

// Before anything else: the token is worth a session, and addresses are kept, shown and shared.
const token = takeToken();
// Opened in a tab that shows the console already, a link changes the hash and loads nothing.
addEventListener("hashchange", () => {
  const later = takeToken();
  if (later !== null) void enter(later);
});
restoreTheme();
startRouter();
startClock();
void enter(token);
const root = document.getElementById("console");
if (root) {
  render(<App />, root);
}
