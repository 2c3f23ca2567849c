/** The document's own words. */

import type { JSX } from "preact";

/** Paragraphs, with what stands between backticks as code. */
export function Prose({ text }: { text: string }): JSX.Element {
  return (
    <div class="prose">
      {text.split(/\n{2,}/).map((paragraph) => (
        <p key={paragraph}>
          {paragraph
            .split("`")
            .map((piece, index) => (index % 2 === 1 ? <code key={`${index}${piece}`}>{piece}</code> : piece))}
        </p>
      ))}
    </div>
  );
}
