import type { JSX } from "preact";
import { Empty, Page } from "../../ui/index.js";

export function RoutingPage(): JSX.Element {
  return (
    <Page title="Routing">
      <Empty icon="routing" title="This page is being built." />
    </Page>
  );
}
