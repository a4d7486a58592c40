// Keys of the whole page, unless somebody is writing in a field.
import { useEffect, useRef } from "preact/hooks";

export const KEYS = [
  ["j", "next"],
  ["k", "previous"],
  ["/", "search"],
  ["f", "filters"],
  ["Esc", "leave a field"],
];

const STEPS = { j: 1, k: -1, ArrowDown: 1, ArrowUp: -1 };
const isField = (element) => ["INPUT", "SELECT", "TEXTAREA"].includes(element.tagName);

export function useKeys(actions) {
  const latest = useRef(actions);
  latest.current = actions;
  useEffect(() => {
    const act = (event) => {
      const { step, search, filter } = latest.current;
      if (event.ctrlKey || event.metaKey || event.altKey) return;
      if (isField(event.target)) {
        if (event.key !== "Escape") return;
        event.preventDefault(); // which would empty the search
        event.target.blur();
        return;
      }
      // Arrows scroll the page and the open dialogue as usual; in the list they choose.
      const inList = event.target.getAttribute?.("role") === "listbox";
      if (event.key in STEPS && (inList || !event.key.startsWith("Arrow"))) step(STEPS[event.key]);
      else if (event.key === "/") search();
      else if (event.key === "f") filter();
      else return;
      event.preventDefault();
    };
    addEventListener("keydown", act);
    return () => removeEventListener("keydown", act);
  }, []);
}
