import type { JSX } from "preact";
import { Empty, Page } from "../../ui/index.js";

export function DocsPage(): JSX.Element {
  return (
    <Page title="API reference">
      <Empty icon="docs" title="This page is being built." />
    </Page>
  );
}
