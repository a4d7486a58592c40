// The dialogues: compressed inside the page, read once.

export async function readData(element) {
  const letters = atob(element.textContent);
  const bytes = new Uint8Array(letters.length);
  for (let place = 0; place < letters.length; place += 1) bytes[place] = letters.charCodeAt(place);
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
  const data = await new Response(stream).json();
  element.remove();
  data.dialogues.forEach((dialogue, index) => (dialogue.index = index));
  return data;
}

export const summaryText = (summary) =>
  summary.sentences.map(({ pieces }) => pieces.map(([text]) => text).join("")).join("");

export const speakersOf = (dialogue) => [...new Set(dialogue.turns.map(([speaker]) => speaker).filter(Boolean))];

/** The headline score, 0 to 1 or null, of a system's summary; of the last system if none is named. */
export const headlineScore = (data, dialogue, system = data.systems.length - 1) =>
  dialogue.summaries[system].scores[data.headline];

/** What the dialogue gained from the first system to another one, in the headline score; null if one is undefined. */
export function changeOf(data, dialogue, system) {
  const [before, after] = [headlineScore(data, dialogue, 0), headlineScore(data, dialogue, system)];
  return before === null || after === null ? null : after - before;
}

export const points = (score) => (score === null ? "–" : (100 * score).toFixed(1));

export const signedPoints = (change) => {
  if (change === null) return "–";
  const shown = (100 * change).toFixed(1);
  if (Number(shown) === 0) return "0.0";
  return change > 0 ? `+${shown}` : shown.replace("-", "−");
};
