// A summary's words, marked by who else has them, and sentences that show where they come from.
import { html } from "page/html";

export const MARKS = { r: "in a reference", d: "only in the dialogue", n: "in neither" };

/** A summary. onPoint, onFocus: called with the turns that a sentence takes most from, null after it. onGo: shows them. */
export function Summary({ summary, active, onPoint, onFocus, onGo }) {
  return html`<p class="text" dir="auto">
    ${summary.sentences.map(
      (sentence) =>
        html`<span
          class=${`sentence${active === sentence.turns ? " active" : ""}`}
          tabindex="0"
          onPointerEnter=${() => onPoint(sentence.turns)}
          onPointerLeave=${() => onPoint(null)}
          onFocus=${() => onFocus(sentence.turns)}
          onBlur=${() => onFocus(null)}
          onClick=${() => onGo(sentence.turns)}
          onKeyDown=${(event) => event.key === "Enter" && onGo(sentence.turns)}
          >${sentence.pieces.map(([text, mark]) => (mark ? html`<span class=${`mark-${mark}`}>${text}</span>` : text))}</span
        >`,
    )}
    ${summary.sentences.every(({ pieces }) => pieces.every(([text]) => text === "")) &&
    html`<span class="muted">(empty)</span>`}
  </p>`;
}

export const Legend = ({ dialogue }) =>
  html`<p class="legend-marks">
    Words:
    ${Object.entries(MARKS)
      .filter(([mark]) => dialogue || mark !== "d")
      .map(([mark, meaning]) => html`<span class=${`mark-${mark}`}>${meaning}</span>`)}
  </p>`;
