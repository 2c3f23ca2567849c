import { render } from "preact-render-to-string";
import { expect, it } from "vitest";
import { Details, Levels } from "../../src/charts/frame.js";
import { linearScale } from "../../src/charts/scale.js";

it("draws a line with its value at each tick", () => {
  const scale = linearScale([0, 2], [100, 0], 2);
  const html = render(
    <svg>
      <title>levels</title>
      <Levels scale={scale} left={40} right={300} text={(value) => `$${value}`} />
    </svg>,
  );
  expect(html.match(/<line [^>]*>/g)).toEqual([100, 50, 0].map((y) => `<line x1="40" x2="300" y1="${y}" y2="${y}">`));
  expect([...html.matchAll(/<text x="32"[^>]*>([^<]*)</g)].map(([, text]) => text)).toEqual(["$0", "$1", "$2"]);
});

it.each([
  [10, "right"],
  [290, "left"],
])("has details of a mark at %i px on its %s", (x, side) => {
  const html = render(
    <Details x={x} y={5} width={300} end="above" title="acme">
      <dt>Cost</dt>
    </Details>,
  );
  expect(html).toContain(`class="plot-details plot-details-${side} plot-details-above"`);
  expect(html).toContain("<strong>acme</strong><dl><dt>Cost</dt></dl>");
});
