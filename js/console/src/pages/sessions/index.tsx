import type { JSX } from "preact";
import { Empty, Page } from "../../ui/index.js";

export function SessionsPage(): JSX.Element {
  return (
    <Page title="Sessions">
      <Empty icon="sessions" title="This page is being built." />
    </Page>
  );
}
