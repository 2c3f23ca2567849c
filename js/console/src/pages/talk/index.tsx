import type { JSX } from "preact";
import { Empty, Page } from "../../ui/index.js";

export function TalkPage(): JSX.Element {
  return (
    <Page title="Talk">
      <Empty icon="talk" title="This page is being built." />
    </Page>
  );
}
