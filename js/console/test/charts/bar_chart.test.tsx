import { render } from "preact-render-to-string";
import { expect, it } from "vitest";
import { BarChart, seriesClass } from "../../src/charts/bar_chart.js";
import { COLOURS } from "../../src/charts/colours.js";

it("names its layers before its width is known", () => {
  const html = render(
    <BarChart
      label="Cost"
      layers={[{ id: "a", name: "acme", values: [1] }]}
      colour={() => "series-3"}
      names={[{ short: "14 Mar", long: "14 March 2026" }]}
      text={String}
    />,
  );
  expect(html).toContain('aria-label="Colours of Cost"');
  expect(html).toMatch(/series-3.*acme/);
});

it("colours begin anew when there are no more", () => {
  expect(seriesClass(COLOURS + 1)).toBe(seriesClass(1));
});
