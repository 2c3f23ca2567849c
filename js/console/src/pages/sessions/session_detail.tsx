/** One session: what it was, turn by turn. */

import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { speko } from "../../api/gateway.js";
import { hrefTo, navigate } from "../../shell/router.js";
import {
  announce,
  Badge,
  Button,
  ButtonLink,
  Confirm,
  CopyButton,
  count,
  duration,
  Icon,
  Money,
  Page,
  Panel,
  Skeleton,
  Unread,
} from "../../ui/index.js";
import { AttemptTable } from "./attempt_table.js";
import { attribute, type Tally, total } from "./attribution.js";
import { Facts } from "./session_facts.js";
import { Length, Status } from "./session_list.js";
import { Transcript } from "./transcript.js";
import { TurnsPanel } from "./turns_panel.js";
import { type SessionRecord, useSession } from "./use_session.js";
import { medianWait, waterfall } from "./waterfall.js";
import { greets, isCascade, isLive } from "./words.js";

export function SessionDetail({ id }: { id: string }): JSX.Element {
  const loaded = useSession(id);
  const [asking, setAsking] = useState(false);
  const ended = loaded.data !== undefined && !isLive(loaded.data.session);
  return (
    <Page
      title="Session"
      width="full"
      description={
        <span class="session-name">
          <code>{id}</code>
          <CopyButton text={id} label="Copy the session id" compact />
        </span>
      }
      actions={
        <>
          {loaded.data && isLive(loaded.data.session) && (
            <Badge tone="ok" dot>
              Refreshes itself
            </Badge>
          )}
          {ended && (
            <Button icon="trash" kind="quiet" onClick={() => setAsking(true)}>
              Delete
            </Button>
          )}
          <ButtonLink href={hrefTo("sessions")} icon="arrowLeft" kind="quiet">
            All sessions
          </ButtonLink>
        </>
      }
    >
      <Unread
        title={loaded.data ? "Not up to date" : "The session could not be read"}
        problem={loaded.problem}
        retry={loaded.reload}
      />
      {loaded.data === undefined && loaded.loading && <Skeleton lines={8} label="Loading the session" />}
      {loaded.data && <Shown record={loaded.data} />}
      {asking && <DeleteDialog id={id} onClose={() => setAsking(false)} />}
    </Page>
  );
}

function DeleteDialog({ id, onClose }: { id: string; onClose: () => void }): JSX.Element {
  const remove = async (): Promise<void> => {
    await speko.sessions.delete(id);
    announce("The session is deleted.");
    navigate("sessions");
  };
  return (
    <Confirm title="Delete this session?" action="Delete session" onConfirm={remove} onClose={onClose}>
      <p>
        What was said, the timings of its turns and what vendors complained of are deleted for good. What it used and
        cost stays in the books.
      </p>
    </Confirm>
  );
}

function Shown({ record }: { record: SessionRecord }): JSX.Element {
  const { session, turns, transcript, attempts } = record;
  const picture = waterfall(turns, { isCascade: isCascade(attempts), greets: greets(session) });
  const calls = attribute(picture.rows, attempts);
  return (
    <>
      <Sums record={record} wait={medianWait(picture.rows)} sums={total(calls)} />
      <TurnsPanel picture={picture} calls={calls} live={isLive(session)} />
      {calls.outside.length > 0 && (
        <Panel
          title="Outside the turns"
          description="Vendor calls before the first turn, or of one that is not over yet."
          flush
        >
          <AttemptTable
            label="Calls outside the turns"
            calls={calls.outside.map((attempt) => ({ attempt, atMs: null }))}
            since={session.createdAt}
          />
        </Panel>
      )}
      {calls.engine.length > 0 && (
        <Panel
          title="Engine"
          description="Connections of the whole session. A second one means that the first was lost, or never came about."
          flush
        >
          <AttemptTable
            label="Connections to the engine"
            calls={calls.engine.map((attempt) => ({ attempt, atMs: null }))}
            since={session.createdAt}
          />
        </Panel>
      )}
      <Transcript turns={transcript} spoken={turns.length > 0} live={isLive(session)} />
      <Facts session={session} />
    </>
  );
}

function Sums(props: { record: SessionRecord; wait: number | null; sums: Tally }): JSX.Element {
  const { wait, sums } = props;
  const { session, turns } = props.record;
  return (
    <dl class="sums">
      <div>
        <dt>Status</dt>
        <dd>
          <Status status={session.status} />
        </dd>
      </div>
      <div>
        <dt>Length</dt>
        <dd>
          <Length session={session} />
        </dd>
      </div>
      <div>
        <dt>Turns</dt>
        <dd>{turns.length}</dd>
      </div>
      <div>
        <dt title="From the user's end of speech, or from when the words were typed, to the first sound of the answer">
          Wait, median
        </dt>
        <dd>{wait === null ? "–" : duration(wait)}</dd>
      </div>
      <div>
        <dt>Failovers</dt>
        <dd class={sums.failed > 0 ? "sums-bad" : ""}>
          {sums.failed > 0 && <Icon name="alert" size={16} />}
          {sums.failovers}
          <span class="small faint">
            {sums.failed > sums.failovers && `${sums.failed} failed `}in {count(sums.calls, "call")}
          </span>
        </dd>
      </div>
      <div>
        <dt title="What the vendors are likely to bill">Cost</dt>
        <dd>
          <Money microUsd={sums.cost.toString()} />
        </dd>
      </div>
    </dl>
  );
}
