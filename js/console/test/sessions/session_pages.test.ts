import type { Session } from "@spekoai/sdk";
import { expect, it } from "vitest";
import { type Listed, withNewest, withOlder } from "../../src/pages/sessions/session_pages.js";

function session(sessionId: string, status = "ended"): Session {
  return {
    sessionId,
    createdAt: "2026-11-21T12:00:00.000Z",
    status,
    kind: "s2s",
    pipelineConfig: {},
    recordingObjectPath: null,
    recordingDurationMs: null,
    recordingStatus: null,
    expiresAt: "2026-11-21T12:30:00.000Z",
    endedAt: null,
    endReason: null,
    provider: null,
    model: null,
    metadata: {},
    requestId: "req_1",
  };
}

function page(ids: string, nextCursor: string | null): { entries: Session[]; nextCursor: string | null } {
  return { entries: [...ids].map((id) => session(id)), nextCursor };
}

function listed(ids: string, cursor: string | null): Listed {
  return { sessions: page(ids, null).entries, cursor };
}

function ids({ sessions, cursor }: Listed): string {
  return `${sessions.map(({ sessionId }) => sessionId).join("")} ${cursor}`;
}

it("older pages come behind, and nobody twice", () => {
  expect(ids(withOlder(listed("fed", "1"), page("dcb", "2")))).toBe("fedcb 2");
  expect(ids(withOlder(listed("", null), page("a", null)))).toBe("a null");
});

it("new sessions come in front, and the place to go on stays", () => {
  expect(ids(withNewest(listed("dcba", "old"), page("fedc", "new")))).toBe("fedcba old");
  expect(ids(withNewest(listed("dc", "c"), page("dc", "c")))).toBe("dc c");
});

it("what is known is told anew", () => {
  const fresh = { entries: [session("b", "active"), session("a")], nextCursor: null };
  expect(withNewest(listed("ba", null), fresh).sessions[0]?.status).toBe("active");
});

it("a page that does not reach back begins the list anew", () => {
  expect(ids(withNewest(listed("cba", "old"), page("zyx", "new")))).toBe("zyx new");
  expect(ids(withNewest(listed("", null), page("ba", "new")))).toBe("ba new");
});

it("sessions that fit the filter no more are gone", () => {
  expect(ids(withNewest(listed("cba", null), page("ca", null)))).toBe("ca null");
  expect(ids(withNewest(listed("cba", null), page("", null)))).toBe(" null");
});
