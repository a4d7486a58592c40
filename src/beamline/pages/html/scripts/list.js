// The list on the left. Only rows in view exist, so ten thousand dialogues scroll like ten.
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import { changeOf, headlineScore, points, signedPoints, summaryText } from "page/data";
import { html } from "page/html";

const ROW = 72; // px, as in the style sheet
const AROUND = 6; // rows above and below those in view

/** asked: the dialogue that was opened, even if a filter hides it. hidden: whether the dialogue takes the list's place, if the window is narrow. */
export function List({ data, chosen, open, asked, system, hidden, onOpen }) {
  const box = useRef(null);
  const [view, setView] = useState({ top: 0, height: 800 });
  const look = () => setView({ top: box.current.scrollTop, height: box.current.clientHeight });
  const place = chosen.findIndex((dialogue) => dialogue.index === open);

  useEffect(() => {
    look();
    const observer = new ResizeObserver(look);
    observer.observe(box.current);
    return () => observer.disconnect();
  }, []);
  const shown = useRef({ chosen, asked });
  useLayoutEffect(() => {
    const isOtherList = shown.current.chosen !== chosen && shown.current.asked === asked;
    shown.current = { chosen, asked };
    if (isOtherList) box.current.scrollTop = 0;
    if (isOtherList || place < 0) return;
    const { scrollTop, clientHeight } = box.current;
    if (place * ROW < scrollTop) box.current.scrollTop = place * ROW;
    else if ((place + 1) * ROW > scrollTop + clientHeight) box.current.scrollTop = (place + 1) * ROW - clientHeight;
  }, [place, chosen, hidden]);

  const first = Math.max(0, Math.floor(view.top / ROW) - AROUND);
  const last = Math.min(chosen.length, Math.ceil((view.top + view.height) / ROW) + AROUND);
  const rows = chosen.slice(first, last).map(
    (dialogue, number) =>
      html`<${Item}
        key=${dialogue.index}
        data=${data}
        dialogue=${dialogue}
        system=${system}
        place=${first + number}
        count=${chosen.length}
        selected=${dialogue.index === open}
        onOpen=${onOpen}
      />`,
  );
  const active = place >= first && place < last ? `item-${open}` : undefined;
  return html`<div
    class="list"
    ref=${box}
    role="listbox"
    tabindex="0"
    aria-label="Dialogues"
    aria-activedescendant=${active}
    onScroll=${look}
  >
    ${chosen.length === 0 && html`<p class="nothing" role="presentation">No dialogue passes these filters.</p>`}
    <div class="track" role="presentation" style=${{ height: `${chosen.length * ROW}px` }}>${rows}</div>
  </div>`;
}

function Item({ data, dialogue, system, place, count, selected, onOpen }) {
  const text = summaryText(dialogue.summaries[system]);
  return html`<div
    class="item"
    id=${`item-${dialogue.index}`}
    role="option"
    aria-selected=${selected ? "true" : "false"}
    aria-setsize=${count}
    aria-posinset=${place + 1}
    style=${{ top: `${place * ROW}px` }}
    onClick=${() => onOpen(dialogue.index)}
  >
    <span class="top">
      <span class="name" title=${dialogue.id}>${dialogue.id}</span>
      ${system > 0 && html`<${Change} value=${changeOf(data, dialogue, system)} />`}
      <span class="score">${points(headlineScore(data, dialogue, system))}</span>
    </span>
    <span class="gist" dir="auto">${text || "(empty)"}</span>
  </div>`;
}

export function Change({ value }) {
  const shown = signedPoints(value);
  return html`<span class=${shown === "0.0" || value === null ? "muted" : value > 0 ? "up" : "down"}>${shown}</span>`;
}
