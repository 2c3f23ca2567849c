import type { JSX } from "preact";
import { Empty, Page } from "../../ui/index.js";

export function KeysPage(): JSX.Element {
  return (
    <Page title="API keys">
      <Empty icon="key" title="This page is being built." />
    </Page>
  );
}
