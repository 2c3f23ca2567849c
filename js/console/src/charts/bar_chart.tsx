/** Piles of bars, one for each day. Whoever cannot see them walks along by arrow keys, and finds a table beside them. */

import type { JSX } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { type BarPlot, barPlot, type Layer, MARGIN, type Pile, type Size } from "./bars.js";
import { COLOURS } from "./colours.js";
import { placeAfter } from "./places.js";
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
  const [shown, setShown] = useState<number | null>(null);
  const [reached, setReached] = useState(names.length - 1);
  const piles = useRef<SVGSVGElement>(null);
  const at = Math.min(reached, names.length - 1);
  const move = (event: KeyboardEvent): void => {
    const next = placeAfter(event.key, at, names.length);
    if (next !== at && next >= 0) {
      event.preventDefault();
      setReached(next);
      piles.current?.querySelector<SVGGElement>(`[data-place="${next}"]`)?.focus();
    } else if (event.key === "Escape") {
      setShown(null);
    }
  };
  return (
    <>
      {/* biome-ignore lint/a11y/useSemanticElements: a fieldset holds no drawing. */}
      <svg
        ref={piles}
        width={size.width}
        height={size.height}
        role="group"
        aria-label={`${props.label}: ${names.length} days. Arrow keys go from one to the next.`}
        onKeyDown={move}
      >
        <Axes {...props} />
        {plot.piles.map((pile, place) => (
          // biome-ignore lint/a11y/noInteractiveElementToNoninteractiveRole: focusable only to show its details, as on hover.
          <g
            key={names[place]?.long}
            class="bar-pile"
            data-place={place}
            role="img"
            aria-label={inWords(props, place)}
            // In small letters: an SVG knows no other spelling.
            tabindex={place === at ? 0 : -1}
            onFocus={() => {
              setReached(place);
              setShown(place);
            }}
            onBlur={() => setShown(null)}
            onMouseEnter={() => setShown(place)}
            onMouseLeave={() => setShown(null)}
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
      {shown !== null && <Details {...props} place={shown} />}
    </>
  );
}

function Axes({ plot, size, names, text, tick }: ChartProps & { plot: BarPlot; size: Size }): JSX.Element {
  const right = size.width - MARGIN.right;
  return (
    <svg class="plot-axes" aria-hidden="true" focusable="false">
      {plot.y.ticks.map((value) => (
        <g key={value}>
          <line x1={MARGIN.left} x2={right} y1={plot.y.place(value)} y2={plot.y.place(value)} />
          <text x={MARGIN.left - 8} y={plot.y.place(value) + 4} text-anchor="end">
            {(tick ?? text)(value)}
          </text>
        </g>
      ))}
      {plot.named.map(({ pile, x }) => (
        <text key={pile} x={x} y={size.height - 6} text-anchor="middle">
          {names[pile]?.short}
        </text>
      ))}
    </svg>
  );
}

/** Above the pile, on the side where there is room. */
function Details(props: ChartProps & { plot: BarPlot; size: Size; place: number }): JSX.Element | null {
  const { plot, size, place, layers, names, text } = props;
  const box = useRef<HTMLDivElement>(null);
  const pile = plot.piles[place];
  const x = pile ? pile.x + pile.width / 2 : 0;
  useEffect(() => {
    const style = box.current?.style;
    // By script: the page's policy allows no style attribute.
    style?.setProperty("left", `${x}px`);
    style?.setProperty("top", `${MARGIN.top}px`);
  }, [x]);
  if (pile === undefined) return null;
  return (
    <div
      ref={box}
      class={`plot-details plot-details-below plot-details-${x > size.width / 2 ? "left" : "right"}`}
      aria-hidden="true"
    >
      <strong>{names[place]?.long}</strong>
      <dl>
        {layers.map((layer) => (
          <Detail key={layer.id} name={layer.name} value={layer.values[place] ?? 0} text={text} />
        ))}
        {layers.length > 1 && (
          <>
            <dt>Together</dt>
            <dd>{text(pile.total)}</dd>
          </>
        )}
      </dl>
    </div>
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
