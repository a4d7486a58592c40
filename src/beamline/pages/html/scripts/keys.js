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
// On a keyboard of another script, a letter is known by its place.
const keyOf = ({ key, code }) => (code?.startsWith("Key") && !/^[a-z]$/i.test(key) ? code.at(-1).toLowerCase() : key);
const isField = (element) => ["INPUT", "SELECT", "TEXTAREA"].includes(element.tagName);

export function useKeys(actions) {
  const latest = useRef(actions);
  latest.current = actions;
  useEffect(() => {
    const act = (event) => {
      const { step, search, filter } = latest.current;
      if (event.ctrlKey || event.metaKey || event.altKey) return;
      const key = keyOf(event);
      if (isField(event.target)) {
        if (key !== "Escape") return;
        event.preventDefault(); // which would empty the search
        event.target.blur();
        return;
      }
      // Arrows scroll the page and the open dialogue as usual; in the list they choose.
      const inList = event.target.getAttribute?.("role") === "listbox";
      if (key in STEPS && (inList || !key.startsWith("Arrow"))) step(STEPS[key]);
      else if (key === "/") search();
      else if (key === "f") filter();
      else return;
      event.preventDefault();
    };
    addEventListener("keydown", act);
    return () => removeEventListener("keydown", act);
  }, []);
}
