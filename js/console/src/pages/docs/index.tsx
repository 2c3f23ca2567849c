/** The API reference: the gateway's own OpenAPI document, drawn here. */

import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { gatewayFetch } from "../../api/gateway.js";
import { ConsoleError } from "../../api/problem.js";
import { useLoad } from "../../api/use_load.js";
import { Button, ButtonLink, count, Empty, Page, Panel, Skeleton, TextField, Unread } from "../../ui/index.js";
import "./docs.css";
import { grouped, type JsonObject, operationsOf, search } from "./openapi.js";
import { OperationView } from "./operation_view.js";

const DOCUMENT = "/v1/openapi.json";

export function DocsPage(): JSX.Element {
  const document = useLoad(read, []);
  return (
    <Page
      title="API reference"
      description={
        <>
          What this gateway answers to, at <code>{location.origin}</code>. Programs send an API key as{" "}
          <code>Authorization: Bearer sk_live_…</code>; the SDKs for Python and TypeScript do it for you.
        </>
      }
      actions={
        <ButtonLink href={DOCUMENT} icon="external">
          OpenAPI document
        </ButtonLink>
      }
    >
      <Unread title="The document could not be read" problem={document.problem} retry={document.reload} />
      {!document.data && document.loading && (
        <Panel flush>
          <Skeleton lines={8} label="Loading the reference" />
        </Panel>
      )}
      {document.data && <Reference document={document.data} />}
    </Page>
  );
}

function Reference({ document }: { document: JsonObject }): JSX.Element {
  const [typed, setTyped] = useState("");
  const operations = operationsOf(document);
  const found = search(operations, typed);
  return (
    <>
      <div class="docs-filter">
        <TextField
          label="Find an endpoint"
          labelHidden
          type="search"
          placeholder="Find an endpoint"
          value={typed}
          onInput={setTyped}
        />
        <p class="faint small" role="status">
          {typed ? `${count(found.length, "endpoint")} found` : count(operations.length, "endpoint")}
        </p>
      </div>
      {found.length === 0 && (
        <Panel>
          <Empty icon="search" title="No such endpoint" action={<Button onClick={() => setTyped("")}>Show all</Button>}>
            <p>Look for a path, a method or a word such as “transcript”.</p>
          </Empty>
        </Panel>
      )}
      {[...grouped(found)].map(([group, members]) => (
        <Panel key={group} title={group} flush>
          <ul class="operations">
            {members.map((operation) => (
              <OperationView key={operation.id} document={document} operation={operation} />
            ))}
          </ul>
        </Panel>
      ))}
    </>
  );
}

async function read(): Promise<JsonObject> {
  const response = await gatewayFetch(DOCUMENT);
  if (!response.ok) {
    throw await ConsoleError.of(response);
  }
  return (await response.json()) as JsonObject;
}
