// What a link says after "#": the dialogue, the filters and the order. Empty ones are left out.
import { NO_FILTERS } from "page/filters";

export function readLink(data) {
  const said = new URLSearchParams(location.hash.slice(1));
  const filters = Object.fromEntries(Object.keys(NO_FILTERS).map((name) => [name, said.get(name) ?? ""]));
  const system = data.systems.findIndex(({ letter }) => letter === said.get("system"));
  const index = data.dialogues.findIndex(({ id }) => id === said.get("id"));
  return {
    filters,
    order: said.get("sort") ?? "",
    system: system < 0 ? data.systems.length - 1 : system,
    open: index < 0 ? null : index,
  };
}

export function writeLink(data, { filters, order, system, open }) {
  const said = Object.entries({
    id: open === null ? "" : data.dialogues[open].id,
    sort: order,
    system: system === data.systems.length - 1 ? "" : data.systems[system].letter,
    ...filters,
  }).filter(([, value]) => value !== "");
  const hash = said.length ? `#${new URLSearchParams(said)}` : location.pathname + location.search;
  history.replaceState(history.state, "", hash);
}

// On a phone, the list and each dialogue that is opened from it have entries of their own in the browser's history.

export function enterDialogue() {
  history.replaceState("list", "");
  history.pushState("dialogue", "");
}

export const isInList = () => history.state === "list";

/** Go back from a dialogue to the list; false if the list is not in the history. */
export function leaveDialogue() {
  if (history.state !== "dialogue") return false;
  history.back();
  return true;
}
