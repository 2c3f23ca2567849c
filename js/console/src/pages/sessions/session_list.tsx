/** All sessions, newest first. */

import type { Session } from "@spekoai/sdk";
import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { useWhileVisible } from "../../live/while_visible.js";
import { hrefTo, navigate, route } from "../../shell/router.js";
import {
  announce,
  Badge,
  Button,
  ButtonLink,
  type Column,
  duration,
  Empty,
  Page,
  Panel,
  Select,
  Skeleton,
  Table,
  TextField,
  Time,
  Unread,
} from "../../ui/index.js";
import { useSessionList } from "./use_session_list.js";
import { endWords, kindWords, lengthMs, statusWords } from "./words.js";

/** ms between two looks for new sessions. */
const NEWS_MS = 5000;

const STATUSES = [
  { value: "", label: "All" },
  ...["created", "connecting", "active", "ended", "failed"].map((value) => ({
    value,
    label: statusWords(value).words,
  })),
];

export function SessionList(): JSX.Element {
  const [status, setStatus] = useState(() => route.value.query.get("status") ?? "");
  const list = useSessionList(status);
  useWhileVisible(list.refresh, NEWS_MS, true);
  const filter = (chosen: string): void => {
    setStatus(chosen);
    history.replaceState(null, "", chosen === "" ? hrefTo("sessions") : `${hrefTo("sessions")}?status=${chosen}`);
  };
  return (
    <Page title="Sessions" width="full" description="Conversations of this organization, newest first.">
      <div class="session-tools">
        <Select label="Status" value={status} choices={STATUSES} onChange={filter} />
        <OpenById />
      </div>
      <Unread title="The sessions could not be read" problem={list.problem} retry={list.refresh} />
      {list.listed === undefined && !list.problem && <Skeleton lines={6} label="Loading the sessions" />}
      {list.listed && (
        <Panel flush>
          {list.listed.sessions.length > 0 ? (
            <div class="session-table">
              <Table label="Sessions" columns={COLUMNS} rows={list.listed.sessions} rowKey={(row) => row.sessionId} />
            </div>
          ) : (
            <Nothing filtered={status !== ""} onShowAll={() => filter("")} />
          )}
        </Panel>
      )}
      {list.listed?.cursor && (
        <div class="actions session-more">
          <Button
            busy={list.busy}
            onClick={async () => {
              if (await list.older()) announce("Older sessions loaded");
            }}
          >
            Load more
          </Button>
        </div>
      )}
    </Page>
  );
}

function Nothing({ filtered, onShowAll }: { filtered: boolean; onShowAll: () => void }): JSX.Element {
  return filtered ? (
    <Empty icon="sessions" title="No session has this status" action={<Button onClick={onShowAll}>Show all</Button>} />
  ) : (
    <Empty
      icon="sessions"
      title="No sessions yet"
      action={
        <ButtonLink href={hrefTo("talk")} kind="primary" icon="talk">
          Talk to the agent
        </ButtonLink>
      }
    >
      Talk first: every conversation, from this console or through the API, is listed here with its turns, the providers
      that served them, and what they cost.
    </Empty>
  );
}

/** For an id out of a log or of an answer of the API. */
function OpenById(): JSX.Element {
  const [id, setId] = useState("");
  const open = (): void => {
    if (id.trim() !== "") navigate("sessions", id.trim());
  };
  return (
    <TextField
      label="Open by id"
      value={id}
      onInput={setId}
      onEnter={open}
      placeholder="Session id, then Enter"
      type="search"
    />
  );
}

const COLUMNS: readonly Column<Session>[] = [
  {
    key: "session",
    header: "Session",
    cell: (row) => (
      <a class="session-id" href={hrefTo("sessions", row.sessionId)} title={row.sessionId}>
        {row.sessionId.slice(0, 8)}
        <span class="sr-only">, started </span>
      </a>
    ),
  },
  { key: "started", header: "Started", cell: (row) => <Time at={row.createdAt} /> },
  {
    key: "status",
    header: "Status",
    cell: (row) => <Status status={row.status} />,
  },
  { key: "kind", header: "Kind", cell: (row) => kindWords(row.kind) },
  { key: "engine", header: "Engine", cell: (row) => <Engine session={row} /> },
  { key: "length", header: "Length", align: "end", cell: (row) => <Length session={row} /> },
  { key: "end", header: "How it ended", cell: (row) => <span class="soft">{endWords(row)}</span> },
];

export function Status({ status }: { status: string }): JSX.Element {
  const { words, tone } = statusWords(status);
  return (
    <Badge tone={tone} dot={tone === "ok"}>
      {words}
    </Badge>
  );
}

export function Engine({ session }: { session: Pick<Session, "provider" | "model"> }): JSX.Element {
  if (session.provider === null) return <span class="faint">none</span>;
  return (
    <span class="engine">
      <span class="soft">{session.provider}</span> {session.model}
    </span>
  );
}

export function Length({ session }: { session: Session }): JSX.Element {
  const ms = lengthMs(session, Date.now());
  return <span class="number">{ms === null ? "–" : duration(ms)}</span>;
}
