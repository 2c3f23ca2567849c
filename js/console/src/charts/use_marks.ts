/** The marks of a plot: pointing at one, or walking to it by arrow keys, shows its details. */

import type { RefObject } from "preact";
import { useRef, useState } from "preact/hooks";
import { placeAfter } from "./places.js";

export interface Marks {
  /** The drawing that they are in. */
  picture: RefObject<SVGSVGElement | null>;
  /** Whose details are shown; null: nobody's. */
  shown: number | null;
  onKeyDown: (event: KeyboardEvent) => void;
  /** What the group of a mark needs. */
  mark: (place: number) => MarkProps;
}

interface MarkProps {
  "data-place": number;
  // In small letters: an SVG knows no other spelling.
  tabindex: number;
  onFocus: () => void;
  onBlur: () => void;
  onMouseEnter: () => void;
  onMouseLeave: () => void;
}

/** `count` marks; Tab comes to `first` at the beginning, and then to the one that was reached last. */
export function useMarks(count: number, first: number): Marks {
  const [shown, setShown] = useState<number | null>(null);
  const [reached, setReached] = useState(first);
  const picture = useRef<SVGSVGElement>(null);
  const at = Math.min(reached, count - 1);
  const hide = (): void => setShown(null);
  return {
    picture,
    shown,
    onKeyDown: (event) => {
      const next = placeAfter(event.key, at, count);
      if (next !== at && next >= 0) {
        event.preventDefault();
        setReached(next);
        picture.current?.querySelector<SVGGElement>(`[data-place="${next}"]`)?.focus();
      } else if (event.key === "Escape") {
        hide();
      }
    },
    mark: (place) => ({
      "data-place": place,
      tabindex: place === at ? 0 : -1,
      onFocus: () => {
        setReached(place);
        setShown(place);
      },
      onBlur: hide,
      onMouseEnter: () => setShown(place),
      onMouseLeave: hide,
    }),
  };
}
