/** One operation, unfolded. */

import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { Code, Fold } from "../../ui/index.js";
import { curlFor } from "./curl.js";
import type { Answer, Content, JsonObject, Operation, Parameter } from "./openapi.js";
import { Prose } from "./prose.js";
import { nameOf, typeText } from "./schema.js";
import { SchemaView } from "./schema_view.js";

/** A line with method and path; the rest is made when it is opened. */
export function OperationView({ document, operation }: { document: JsonObject; operation: Operation }): JSX.Element {
  const [open, setOpen] = useState(false);
  return (
    <li class="operation">
      <Fold
        summary={
          <span class="operation-line">
            <span class={`method method-${operation.method}`}>{operation.method.toUpperCase()}</span>
            <code class="operation-path">{operation.path}</code>
            <span class="operation-summary">{operation.summary}</span>
          </span>
        }
        onToggle={setOpen}
      >
        {open && <Details document={document} operation={operation} />}
      </Fold>
    </li>
  );
}

function Details({ document, operation }: { document: JsonObject; operation: Operation }): JSX.Element {
  return (
    <div class="operation-details">
      {operation.description && <Prose text={operation.description} />}
      {operation.open && <p class="soft small">Needs no key.</p>}
      <section>
        <h3>Try it</h3>
        <Code text={curlFor(document, operation, location.origin)} label={`curl command for ${operation.id}`} />
      </section>
      {operation.parameters.length > 0 && (
        <section>
          <h3>Parameters</h3>
          <ul class="members">
            {operation.parameters.map((parameter) => (
              <ParameterView key={`${parameter.place} ${parameter.name}`} document={document} parameter={parameter} />
            ))}
          </ul>
        </section>
      )}
      {operation.body && (
        <section>
          <h3>Body</h3>
          <ContentView document={document} content={operation.body} />
        </section>
      )}
      <section>
        <h3>Answers</h3>
        <ul class="answers">
          {operation.responses.map((answer) => (
            <AnswerView key={answer.status} document={document} answer={answer} />
          ))}
        </ul>
      </section>
    </div>
  );
}

function ParameterView({ document, parameter }: { document: JsonObject; parameter: Parameter }): JSX.Element {
  return (
    <li class="member">
      <p class="member-head">
        <code class="member-name">{parameter.name}</code>
        <span class="member-type">
          {parameter.place}, {typeText(document, parameter.schema)}
        </span>
        {parameter.required && <span class="member-required">required</span>}
      </p>
      {parameter.description && <Prose text={parameter.description} />}
    </li>
  );
}

function AnswerView({ document, answer }: { document: JsonObject; answer: Answer }): JSX.Element {
  const [open, setOpen] = useState(false);
  const line = (
    <>
      <code class={`status status-${answer.status.charAt(0)}`}>{answer.status}</code> <span>{answer.description}</span>
    </>
  );
  return (
    <li>
      {answer.types.length === 0 ? (
        <p class="answer-line">{line}</p>
      ) : (
        <Fold summary={<span class="answer-line">{line}</span>} onToggle={setOpen}>
          {open && <ContentView document={document} content={{ ...answer, description: "" }} />}
        </Fold>
      )}
    </li>
  );
}

/** Types with the same schema stand together: an audio file may come in six ways. */
function ContentView({ document, content }: { document: JsonObject; content: Content }): JSX.Element {
  const bySchema = new Map<string, { types: string[]; schema: JsonObject }>();
  for (const { type, schema } of content.types) {
    const key = JSON.stringify(schema);
    const known = bySchema.get(key);
    bySchema.set(key, { types: [...(known?.types ?? []), type], schema });
  }
  return (
    <div class="stack content">
      {content.description && <Prose text={content.description} />}
      {[...bySchema].map(([key, { types, schema }]) => (
        <div key={key}>
          <p class="faint small">
            {types.join(", ")}
            {nameOf(schema) && ` · ${nameOf(schema)}`}
          </p>
          <SchemaView document={document} schema={schema} />
        </div>
      ))}
    </div>
  );
}
