/** A schema as a list of its members; nested ones unfold when asked, so that a schema may contain itself. */

import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { Fold } from "../../ui/index.js";
import { type JsonObject, text } from "./openapi.js";
import { Prose } from "./prose.js";
import { type Member, membersOf, resolved, typeText } from "./schema.js";

export function SchemaView({ document, schema }: { document: JsonObject; schema: JsonObject }): JSX.Element {
  const members = membersOf(document, schema);
  if (members.length === 0) {
    return (
      <p class="schema-plain">
        <code>{typeText(document, schema)}</code>
      </p>
    );
  }
  return (
    <ul class="members">
      {members.map((member) => (
        <MemberView key={member.name} document={document} member={member} />
      ))}
    </ul>
  );
}

function MemberView({ document, member }: { document: JsonObject; member: Member }): JSX.Element {
  const [open, setOpen] = useState(false);
  const nested = membersOf(document, member.schema).length > 0;
  const description = text(member.schema.description) || text(resolved(document, member.schema).description);
  const fallback = member.schema.default;
  return (
    <li class="member">
      <p class="member-head">
        <code class="member-name">{member.name}</code>
        <span class="member-type">{typeText(document, member.schema)}</span>
        {member.required && <span class="member-required">required</span>}
        {fallback !== undefined && fallback !== null && (
          <span class="member-type">
            default <code>{JSON.stringify(fallback)}</code>
          </span>
        )}
      </p>
      {description && <Prose text={description} />}
      {nested && (
        <Fold
          summary={
            <span class="small">
              {open ? "Hide" : "Show"} the members of {member.name}
            </span>
          }
          onToggle={setOpen}
        >
          {open && <SchemaView document={document} schema={member.schema} />}
        </Fold>
      )}
    </li>
  );
}
