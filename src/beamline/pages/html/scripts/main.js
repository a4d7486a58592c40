// The part of the page that people read in: reads the data, keeps what is chosen, and shows list and dialogue.
import { render } from "preact";
import { useEffect, useLayoutEffect, useMemo, useRef, useState } from "preact/hooks";
import { readData } from "page/data";
import { Dialogue } from "page/dialogue";
import { choose } from "page/filters";
import { html } from "page/html";
import { KEYS, useKeys } from "page/keys";
import { enterDialogue, isInList, leaveDialogue, readLink, writeLink } from "page/link";
import { List } from "page/list";
import { Tools } from "page/tools";

const NARROW = "(max-width: 52rem)"; // as in the style sheets

function Reader({ data }) {
  const [state, setState] = useState(() => readLink(data));
  const [filtersOpen, setFiltersOpen] = useState(false);
  const [reading, setReading] = useState(state.open !== null && !isInList()); // on a phone: the dialogue instead of the list
  const search = useRef(null);
  const update = (change) => setState((before) => ({ ...before, ...change }));

  const { filters, order, system } = state;
  const chosen = useMemo(
    () => choose(data, filters, order, system),
    [data, JSON.stringify(filters), order, system], // following a link makes new filters, though the same
  );
  const isChosen = chosen.some((dialogue) => dialogue.index === state.open);
  const open = isChosen ? state.open : (chosen[0]?.index ?? null);
  const place = chosen.findIndex((dialogue) => dialogue.index === open);

  const show = (index) => {
    update({ open: index });
    setReading(true);
  };
  const enter = (index) => {
    if (!reading && matchMedia(NARROW).matches) enterDialogue();
    show(index);
  };
  const step = (by) => {
    const next = chosen[place + by];
    if (next) show(next.index);
    document.getElementById("reader").scrollIntoView({ block: "nearest" });
  };
  const filter = () => {
    setFiltersOpen(true);
    setReading(false);
    requestAnimationFrame(() => document.querySelector("#filters input")?.focus());
  };
  const startSearch = () => {
    setReading(false);
    search.current.focus(); // at once, so that the next key is written
  };
  useKeys({ step, filter, search: startSearch });
  useLayoutEffect(() => writeLink(data, { ...state, open: isChosen ? state.open : null }), [state]);
  useEffect(() => {
    const follow = () => {
      const link = readLink(data);
      setState((before) => (isInList() ? { ...link, open: before.open } : link));
      setReading(link.open !== null && !isInList());
    };
    addEventListener("popstate", follow); // links within the page are followed by one, too
    if (state.open !== null) document.getElementById("reader").scrollIntoView();
    return () => removeEventListener("popstate", follow);
  }, []);

  return html`<div class=${`reader${reading ? " reading" : ""}`}>
    <div class="side">
      <${Tools} ...${{ data, state, update, filtersOpen, setFiltersOpen, search, shown: chosen.length }} />
      <${List} ...${{ data, chosen, open, asked: state.open, system, hidden: reading, onOpen: enter }} />
      <p class="keys">${KEYS.map(([key, meaning]) => html`<span><kbd>${key}</kbd> ${meaning}</span>`)}</p>
    </div>
    ${open !== null &&
    html`<${Dialogue}
      ...${{ data, dialogue: data.dialogues[open], step, place, count: chosen.length }}
      onBack=${() => leaveDialogue() || setReading(false)}
    />`}
  </div>`;
}

const root = document.getElementById("reader");
const data = await readData(document.getElementById("data"));
root.replaceChildren();
render(html`<${Reader} data=${data} />`, root);
root.dataset.ready = "yes";
