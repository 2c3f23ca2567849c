import type { JSX } from "preact";
import { Empty, Page } from "../../ui/index.js";

export function ProvidersPage(): JSX.Element {
  return (
    <Page title="Providers">
      <Empty icon="providers" title="This page is being built." />
    </Page>
  );
}
