/** Piles of bars, one for each day. Whoever cannot see them walks along by arrow keys, and finds a table beside them. */

import type { JSX } from "preact";
import { useRef } from "preact/hooks";
import { type BarPlot, barPlot, type Layer, MARGIN, type Pile, type Size } from "./bars.js";
import { COLOURS } from "./colours.js";
import { Details, Levels } from "./frame.js";
import { useMarks } from "./use_marks.js";
import { useWidth } from "./use_width.js";

const HEIGHT = 260;
const PHONE_HEIGHT = 200;

interface ChartProps {
  /** What is drawn; names the chart. */
  label: string;
  layers: readonly Layer[];
  /** The class that colours a layer. */
  colour: (layer: Layer) => string;
  /** What the piles are called: below them, and in words. */
  names: readonly { short: string; long: string }[];
  /** A value in words. */
  text: (value: number) => string;
  /** A value at the axis; in words when left out. */
  tick?: ((value: number) => string) | undefined;
}

/** The class of a colour. */
export function seriesClass(index: number): string {
  return `series-${index % COLOURS}`;
}

export function BarChart(props: ChartProps): JSX.Element {
  const box = useRef<HTMLDivElement>(null);
  const width = useWidth(box);
  const size = { width, height: width < 480 ? PHONE_HEIGHT : HEIGHT };
  return (
    <figure class="plot">
      <div ref={box} class="plot-box bar-box">
        {width > 0 && <Picture {...props} plot={barPlot(props.layers, props.names.length, size)} size={size} />}
      </div>
      <figcaption class="plot-legend">
        <ul aria-label={`Colours of ${props.label}`}>
          {props.layers.map((layer) => (
            <li key={layer.id}>
              <Swatch class={props.colour(layer)} />
              {layer.name}
            </li>
          ))}
        </ul>
      </figcaption>
    </figure>
  );
}

function Picture(props: ChartProps & { plot: BarPlot; size: Size }): JSX.Element {
  const { plot, size, names } = props;
  const marks = useMarks(names.length, names.length - 1);
  return (
    <>
      {/* biome-ignore lint/a11y/useSemanticElements: a fieldset holds no drawing. */}
      <svg
        ref={marks.picture}
        width={size.width}
        height={size.height}
        role="group"
        aria-label={`${props.label}: ${names.length} days. Arrow keys go from one to the next.`}
        onKeyDown={marks.onKeyDown}
      >
        <Axes {...props} />
        {plot.piles.map((pile, place) => (
          // biome-ignore lint/a11y/noInteractiveElementToNoninteractiveRole: focusable only to show its details, as on hover.
          <g
            key={names[place]?.long}
            class="bar-pile"
            role="img"
            aria-label={inWords(props, place)}
            {...marks.mark(place)}
          >
            <rect class="bar-reach" {...reach(pile, size)} rx="2" />
            {pile.bars.map(({ layer, y, height }) => (
              <rect
                key={layer}
                class={`bar ${colourOf(props, layer)}`}
                x={pile.x}
                y={y}
                width={pile.width}
                height={height}
              />
            ))}
          </g>
        ))}
      </svg>
      {marks.shown !== null && <PileDetails {...props} place={marks.shown} />}
    </>
  );
}

function Axes({ plot, size, names, text, tick }: ChartProps & { plot: BarPlot; size: Size }): JSX.Element {
  return (
    <svg class="plot-axes" aria-hidden="true" focusable="false">
      <Levels scale={plot.y} left={MARGIN.left} right={size.width - MARGIN.right} text={tick ?? text} />
      {plot.named.map(({ pile, x }) => (
        <text key={pile} x={x} y={size.height - 6} text-anchor="middle">
          {names[pile]?.short}
        </text>
      ))}
    </svg>
  );
}

function PileDetails(props: ChartProps & { plot: BarPlot; size: Size; place: number }): JSX.Element | null {
  const { plot, size, place, layers, names, text } = props;
  const pile = plot.piles[place];
  if (pile === undefined) return null;
  return (
    <Details x={pile.x + pile.width / 2} y={MARGIN.top} width={size.width} end="below" title={names[place]?.long}>
      {layers.map((layer) => (
        <Detail key={layer.id} name={layer.name} value={layer.values[place] ?? 0} text={text} />
      ))}
      {layers.length > 1 && <Detail name="Together" value={pile.total} text={text} />}
    </Details>
  );
}

function Detail({ name, value, text }: { name: string; value: number; text: (value: number) => string }): JSX.Element {
  return (
    <>
      <dt>{name}</dt>
      <dd>{text(value)}</dd>
    </>
  );
}

function Swatch(props: { class: string }): JSX.Element {
  return (
    <svg width="12" height="12" class={props.class} aria-hidden="true" focusable="false">
      <rect class="bar" width="12" height="12" rx="2" />
    </svg>
  );
}

/** The whole height, so that a day without anything can be pointed at, too. */
function reach(pile: Pile, size: Size): { x: number; y: number; width: number; height: number } {
  const height = size.height - MARGIN.top - MARGIN.bottom;
  return { x: pile.x - 1, y: MARGIN.top, width: pile.width + 2, height };
}

function colourOf({ layers, colour }: ChartProps, layer: number): string {
  const found = layers[layer];
  return found === undefined ? "" : colour(found);
}

function inWords({ layers, names, text }: ChartProps, place: number): string {
  const parts = layers
    .filter((layer) => (layer.values[place] ?? 0) > 0)
    .map((layer) => `${layer.name} ${text(layer.values[place] ?? 0)}`);
  return `${names[place]?.long}: ${parts.join(", ") || "nothing"}`;
}
