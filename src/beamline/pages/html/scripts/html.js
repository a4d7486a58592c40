// Templates: htm in place of JSX, so that the page needs no build. Preact escapes every text.
import htm from "htm";
import { h } from "preact";

export const html = htm.bind(h);
