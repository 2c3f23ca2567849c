/** The colours of series, which `style/plot.css` has as `.series-0` and so on. */

/** Colours before they begin anew; names stand beside them, so that no colour has to be told apart. */
export const COLOURS = 8;
