/** Providers: who can be called, with whose key, and how to add one. */

import type { ComponentChildren, JSX } from "preact";
import { useState } from "preact/hooks";
import { speko } from "../../api/gateway.js";
import { useLoad } from "../../api/use_load.js";
import { Button, count, Empty, Fold, Page, Panel, Skeleton, TextField, Unread } from "../../ui/index.js";
import { OwnServer } from "./own_server.js";
import "./providers.css";
import { VendorRow } from "./vendor_row.js";
import { type Kind, matches, type Vendor, vendorsOf } from "./vendors.js";

export function ProvidersPage(): JSX.Element {
  const rows = useLoad(() => speko.providers.list(), []);
  const [typed, setTyped] = useState("");
  const vendors = rows.data && vendorsOf(rows.data);
  const found = vendors?.filter((vendor) => matches(vendor, typed));
  return (
    <Page
      title="Providers"
      description="Whom the gateway may call for you. A key that you add here is stored encrypted, is used for your organization alone, and is never shown again."
    >
      <Unread title="The list could not be read" problem={rows.problem} retry={rows.reload} />
      {vendors && (
        <div class="provider-filter">
          <TextField
            label="Find a vendor, a layer or a model"
            labelHidden
            type="search"
            placeholder="Find a vendor, a layer or a model"
            value={typed}
            onInput={setTyped}
          />
          <p class="faint small" role="status">
            {typed ? `${count(found?.length ?? 0, "vendor")} found` : summary(vendors)}
          </p>
        </div>
      )}
      {!vendors && rows.loading && (
        <Panel flush>
          <Skeleton lines={6} label="Loading the providers" />
        </Panel>
      )}
      {found && vendors && (
        <Groups
          vendors={found}
          all={vendors}
          filtered={typed !== ""}
          onChange={rows.reload}
          onClear={() => setTyped("")}
        />
      )}
    </Page>
  );
}

function summary(vendors: readonly Vendor[]): string {
  const callable = vendors.filter((vendor) => vendor.kind !== "listed" && vendor.kind !== "embedded");
  const ready = callable.filter((vendor) => vendor.usable && !vendor.refused).length;
  return `${ready} of ${count(callable.length, "vendor")} ready, beside the embedded engines`;
}

function Groups(props: {
  vendors: readonly Vendor[];
  all: readonly Vendor[];
  filtered: boolean;
  onChange: () => void;
  onClear: () => void;
}): JSX.Element {
  const of = (kind: Kind): readonly Vendor[] => props.vendors.filter((vendor) => vendor.kind === kind);
  const rows = (kind: Kind): ComponentChildren =>
    of(kind).map((vendor) => <VendorRow key={vendor.id} vendor={vendor} onChange={props.onChange} />);
  if (props.vendors.length === 0) {
    return (
      <Panel>
        <Empty icon="search" title="No such vendor" action={<Button onClick={props.onClear}>Show all</Button>}>
          <p>Look for a vendor’s name, a layer such as “text to speech”, or a model.</p>
        </Empty>
      </Panel>
    );
  }
  return (
    <>
      {of("cloud").length > 0 && (
        <Panel
          flush
          title="Vendors"
          description="Paste a key and the very next call can use it. Without a key of yours, the operator’s is used where there is one."
        >
          <ul class="vendors">{rows("cloud")}</ul>
        </Panel>
      )}
      {of("own_server").length > 0 && (
        <Panel
          flush
          title="Your own server"
          description="Models on your own machine: nothing leaves it. Whoever runs the gateway sets the address at its start."
        >
          <ul class="vendors">{rows("own_server")}</ul>
          {!props.filtered && <OwnServer />}
        </Panel>
      )}
      {of("embedded").length > 0 && (
        <Panel
          flush
          title="Embedded engines"
          description="Small programs inside the gateway, so that everything runs without a key or a network. They serve when nobody better can, and they show that the parts work; they do not show how good a voice agent can be."
        >
          <ul class="vendors">{rows("embedded")}</ul>
        </Panel>
      )}
      {of("listed").length > 0 && (
        <Panel flush>
          <div class="vendors-listed">
            <Fold summary={`Listed, no connector in this build (${of("listed").length})`} open={props.filtered}>
              <p class="soft small">
                Routing knows their figures, but this build cannot call them. A key for them would change nothing.
              </p>
              <ul class="vendors">{rows("listed")}</ul>
            </Fold>
          </div>
        </Panel>
      )}
    </>
  );
}
