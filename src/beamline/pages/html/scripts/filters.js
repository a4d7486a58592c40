// Which dialogues are listed, in which order. Filters are also what a link to the page says after "#".
import { changeOf, headlineScore, speakersOf, summaryText } from "page/data";

export const NO_FILTERS = { q: "", speaker: "", findings: "", turns: "", to_turns: "", score: "", to_score: "" };

const UP = (value) => (one, other) => value(one) - value(other);
const DOWN = (value) => (one, other) => value(other) - value(one);

/** The orders to choose from, by their names in a link. system: the number of the one that change and score are of. */
export function orders(data, system) {
  const score = (dialogue) => headlineScore(data, dialogue, system) ?? Infinity;
  const change = (dialogue, unknown) => changeOf(data, dialogue, system) ?? unknown;
  const several = data.systems.length > 1;
  return {
    "": { label: "Order of the data", compare: null },
    worst: { label: "Lowest score first", compare: UP(score) },
    best: { label: "Highest score first", compare: DOWN((dialogue) => headlineScore(data, dialogue, system) ?? -1) },
    ...(several && { gained: { label: "Gained most first", compare: DOWN((dialogue) => change(dialogue, -Infinity)) } }),
    ...(several && { lost: { label: "Lost most first", compare: UP((dialogue) => change(dialogue, Infinity)) } }),
    unusual: { label: "Most unusual first", compare: DOWN((dialogue) => dialogue.unusual) },
    findings: { label: "Most findings first", compare: DOWN((dialogue) => findingsOf(dialogue, system)) },
    long: { label: "Longest dialogue first", compare: DOWN((dialogue) => dialogue.turns.length) },
  };
}

const findingsOf = (dialogue, system) => dialogue.summaries[system].findings.length;

// An accent may be part of its letter, or a character of its own.
const plain = (text) => text.normalize("NFC").toLowerCase();

const searchable = (dialogue) =>
  (dialogue.searchable ??= [
    dialogue.id,
    ...dialogue.turns.flat(),
    ...dialogue.references,
    ...dialogue.summaries.map(summaryText),
  ]
    .map(plain)
    .join("\n"));

// A score that is undefined is within no limits.
const within = (value, from, to) =>
  (from === "" && to === "") ||
  (value !== null && (from === "" || value >= Number(from)) && (to === "" || value <= Number(to)));

const inPoints = (score) => (score === null ? null : 100 * score);

/** The dialogues that pass all filters, in the chosen order. */
export function choose(data, filters, order, system) {
  const words = plain(filters.q).split(/\s+/).filter(Boolean);
  const speaker = plain(filters.speaker.trim());
  const chosen = data.dialogues.filter(
    (dialogue) =>
      words.every((word) => searchable(dialogue).includes(word)) &&
      (speaker === "" || speakersOf(dialogue).some((name) => plain(name).includes(speaker))) &&
      (filters.findings === "" || findingsOf(dialogue, system) > 0 === (filters.findings === "yes")) &&
      within(dialogue.turns.length, filters.turns, filters.to_turns) &&
      within(inPoints(headlineScore(data, dialogue, system)), filters.score, filters.to_score),
  );
  const { compare } = orders(data, system)[order] ?? {};
  return compare ? chosen.sort((one, other) => compare(one, other) || one.index - other.index) : chosen;
}

/** Everybody who speaks, those who speak in most dialogues first. */
export function allSpeakers(data) {
  const counts = new Map();
  for (const dialogue of data.dialogues)
    for (const speaker of speakersOf(dialogue)) counts.set(speaker, (counts.get(speaker) ?? 0) + 1);
  return [...counts.keys()].sort((one, other) => counts.get(other) - counts.get(one));
}
