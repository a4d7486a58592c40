// Above the list: search, order, and filters that open on demand.
import { useMemo } from "preact/hooks";
import { allSpeakers, NO_FILTERS, orders } from "page/filters";
import { html } from "page/html";

export function Tools({ data, state, shown, update, filtersOpen, setFiltersOpen, search }) {
  const { filters, order, system } = state;
  const set = (name) => (event) => update({ filters: { ...filters, [name]: event.currentTarget.value } });
  const pick = (name, read) => (event) => {
    const field = event.currentTarget;
    update({ [name]: read(field.value) });
    // After a click the keys of the page work again. Who chose by keys goes on choosing.
    if (!field.matches(":focus-visible")) field.blur();
  };
  const active = Object.entries(filters).filter(([name, value]) => name !== "q" && value !== "").length;
  return html`<div class="tools" role="search">
    <input
      type="search"
      ref=${search}
      placeholder="Search dialogues and summaries"
      aria-label="Search dialogues and summaries"
      value=${filters.q}
      onInput=${set("q")}
    />
    <div class="row">
      <select aria-label="Order" value=${order} onChange=${pick("order", String)}>
        ${Object.entries(orders(data, system)).map(
          ([name, { label }]) => html`<option value=${name}>${label}</option>`,
        )}
      </select>
      <button type="button" aria-expanded=${filtersOpen} onClick=${() => setFiltersOpen(!filtersOpen)}>
        Filters${active ? ` (${active})` : ""}
      </button>
    </div>
    ${data.systems.length > 2 && html`<${SystemChoice} data=${data} system=${system} onPick=${pick("system", Number)} />`}
    ${filtersOpen && html`<${Filters} data=${data} filters=${filters} set=${set} />`}
    <p class="status" role="status">
      <span>${shown} of ${data.dialogues.length} dialogues</span>
      ${(active > 0 || filters.q) &&
      html`<button type="button" class="link" onClick=${() => update({ filters: NO_FILTERS })}>Show all</button>`}
    </p>
  </div>`;
}

function SystemChoice({ data, system, onPick }) {
  return html`<label class="sorted"
    ><span class="unseen">Scores and changes of</span>
    <select value=${system} onChange=${onPick}>
      ${data.systems.map(({ letter, name }, index) => html`<option value=${index}>Scores of ${letter}: ${name}</option>`)}
    </select></label
  >`;
}

function Filters({ data, filters, set }) {
  const speakers = useMemo(() => allSpeakers(data), [data]);
  return html`<div class="filters" id="filters">
    <label class="both"
      >Speaker
      <input list="speakers" value=${filters.speaker} onInput=${set("speaker")} placeholder="anyone" />
      <datalist id="speakers">${speakers.slice(0, 500).map((name) => html`<option value=${name} />`)}</datalist>
    </label>
    <${Range} label="Turns" low="turns" high="to_turns" filters=${filters} set=${set} />
    <${Range} label="Score" low="score" high="to_score" filters=${filters} set=${set} />
    <label class="both"
      >Words that the dialogue doesn't have
      <select value=${filters.findings} onChange=${set("findings")}>
        <option value="">with and without</option>
        <option value="yes">with findings</option>
        <option value="no">without findings</option>
      </select>
    </label>
  </div>`;
}

function Range({ label, low, high, filters, set }) {
  const field = (name, side) =>
    html`<input
      type="number"
      min="0"
      aria-label=${`${label}, ${side}`}
      placeholder=${side}
      value=${filters[name]}
      onInput=${set(name)}
    />`;
  return html`<div role="group" aria-label=${label}>
    <label>${label}</label>
    <div class="range">${field(low, "from")}${field(high, "to")}</div>
  </div>`;
}
