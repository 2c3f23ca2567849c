/** API keys: make, copy once, revoke. */

import type { ApiKey, CreatedApiKey } from "@spekoai/sdk";
import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { speko } from "../../api/gateway.js";
import { useLoad } from "../../api/use_load.js";
import {
  announce,
  Button,
  type Column,
  Confirm,
  Empty,
  Fold,
  Page,
  Panel,
  Skeleton,
  Table,
  Time,
  Unread,
} from "../../ui/index.js";
import { CreateDialog } from "./create_dialog.js";
import { CreatedDialog } from "./created_dialog.js";
import "./keys.css";

export function KeysPage(): JSX.Element {
  const keys = useLoad(() => speko.apiKeys.list(), []);
  const [creating, setCreating] = useState(false);
  const [created, setCreated] = useState<CreatedApiKey | null>(null);
  const [revoking, setRevoking] = useState<ApiKey | null>(null);

  const create = async (name: string): Promise<void> => {
    setCreated(await speko.apiKeys.create({ name }));
    keys.reload();
  };
  const revoke = async (key: ApiKey): Promise<void> => {
    await speko.apiKeys.revoke(key.id);
    announce(`The key ${key.name} is revoked.`);
    keys.reload();
  };

  return (
    <Page
      title="API keys"
      description="A program shows one of these keys with each call. Give each its own, so that one can be revoked without the others."
      actions={
        <Button kind="primary" icon="plus" onClick={() => setCreating(true)}>
          Create key
        </Button>
      }
    >
      <Unread title="The keys could not be read" problem={keys.problem} retry={keys.reload} />
      {!keys.data && keys.loading && (
        <Panel flush>
          <Skeleton lines={4} label="Loading the keys" />
        </Panel>
      )}
      {keys.data && <KeyLists keys={keys.data} onRevoke={setRevoking} onCreate={() => setCreating(true)} />}
      {creating && <CreateDialog onCreate={create} onClose={() => setCreating(false)} />}
      {created && !creating && <CreatedDialog created={created} onClose={() => setCreated(null)} />}
      {revoking && (
        <Confirm
          title={`Revoke the key “${revoking.name}”?`}
          action="Revoke key"
          onConfirm={() => revoke(revoking)}
          onClose={() => setRevoking(null)}
        >
          <p>
            Every program that uses <code>{revoking.keyPrefix}</code> is refused from now on. Calls and sessions under
            way go on. This cannot be undone.
          </p>
        </Confirm>
      )}
    </Page>
  );
}

function KeyLists(props: {
  keys: readonly ApiKey[];
  onRevoke: (key: ApiKey) => void;
  onCreate: () => void;
}): JSX.Element {
  const live = props.keys.filter((key) => !key.revoked);
  const revoked = props.keys.filter((key) => key.revoked);
  return (
    <>
      <Panel flush>
        {live.length === 0 ? (
          <Empty
            icon="key"
            title="No key that works"
            action={
              <Button kind="primary" icon="plus" onClick={props.onCreate}>
                Create key
              </Button>
            }
          >
            <p>
              Programs, the command line and the SDKs need one. This console does not: you are signed in by a cookie.
            </p>
          </Empty>
        ) : (
          <Table
            label="API keys"
            columns={[
              ...COLUMNS,
              {
                key: "revoke",
                header: "Revoke",
                headerHidden: true,
                align: "end",
                cell: (key) => (
                  <Button size="small" kind="quiet" onClick={() => props.onRevoke(key)}>
                    Revoke<span class="sr-only"> {key.name}</span>
                  </Button>
                ),
              },
            ]}
            rows={live}
            rowKey={(key) => key.id}
          />
        )}
      </Panel>
      {revoked.length > 0 && (
        <Panel flush>
          <div class="keys-revoked">
            <Fold summary={`Revoked (${revoked.length})`}>
              <Table label="Revoked API keys" columns={COLUMNS} rows={revoked} rowKey={(key) => key.id} />
            </Fold>
          </div>
        </Panel>
      )}
    </>
  );
}

const COLUMNS: readonly Column<ApiKey>[] = [
  {
    key: "name",
    header: "Name",
    sortValue: (key) => key.name,
    cell: (key) => <span class="key-name">{key.name}</span>,
  },
  { key: "prefix", header: "Key", cell: (key) => <code>{key.keyPrefix}</code> },
  {
    key: "lastUsedAt",
    header: "Last used",
    sortValue: (key) => key.lastUsedAt,
    cell: (key) => <Time at={key.lastUsedAt} never="Never" />,
  },
  {
    key: "createdAt",
    header: "Created",
    sortValue: (key) => key.createdAt,
    cell: (key) => <Time at={key.createdAt} />,
  },
];
