/** Walking through the marks of a plot by keyboard: Tab comes to one of them, arrows go to the others. Pure. */

/** The mark that a key goes to; where the key means nothing, the same. */
export function placeAfter(key: string, at: number, count: number): number {
  switch (key) {
    case "ArrowRight":
    case "ArrowDown":
      return Math.min(count - 1, at + 1);
    case "ArrowLeft":
    case "ArrowUp":
      return Math.max(0, at - 1);
    case "Home":
      return 0;
    case "End":
      return count - 1;
    default:
      return at;
  }
}
