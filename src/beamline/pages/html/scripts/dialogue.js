// The dialogue on the right: its turns, each system's summary with its scores, and the references.
import { useEffect, useRef, useState } from "preact/hooks";
import { changeOf, points, speakersOf } from "page/data";
import { html } from "page/html";
import { Change } from "page/list";
import { Legend, Summary } from "page/marks";

export function Dialogue({ data, dialogue, step, onBack, place, count }) {
  const [pointed, setPointed] = useState(null);
  const [focused, setFocused] = useState(null);
  const sources = pointed ?? focused; // what was clicked stays marked when the pointer leaves it
  const box = useRef(null);
  useEffect(() => {
    setPointed(null);
    setFocused(null);
    box.current.scrollTop = 0;
  }, [dialogue]);
  // In a long dialogue, the turns that are marked may be out of view.
  const go = ([first]) => box.current.querySelectorAll(".turns li")[first]?.scrollIntoView({ block: "center" });
  return html`<article class="dialogue" ref=${box} tabindex="0" aria-label=${`Dialogue ${dialogue.id}`}>
    <header>
      <button type="button" class="back" onClick=${onBack}>List</button>
      <h2 title=${dialogue.id}>${dialogue.id}</h2>
      <button type="button" onClick=${() => step(-1)} disabled=${place <= 0}>Previous</button>
      <button type="button" onClick=${() => step(1)} disabled=${place >= count - 1}>Next</button>
    </header>
    <div class="columns">
      ${dialogue.turns.length > 0 && html`<${Turns} dialogue=${dialogue} sources=${sources} />`}
      <section class="texts">
        <div>
          <h3>${data.systems.length > 1 ? "Summaries" : "Summary"}</h3>
          ${dialogue.summaries.map(
            (summary, system) =>
              html`<${Scored}
                data=${data}
                dialogue=${dialogue}
                summary=${summary}
                system=${system}
                sources=${sources}
                onPoint=${setPointed}
                onFocus=${setFocused}
                onGo=${go}
              />`,
          )}
        </div>
        <${Legend} dialogue=${dialogue.turns.length > 0} />
        ${dialogue.references.length > 0 &&
        html`<div class="references">
          <h3>${dialogue.references.length > 1 ? "References" : "Reference"}</h3>
          <ul>
            ${dialogue.references.map((text) => html`<li class="text" dir="auto">${text}</li>`)}
          </ul>
        </div>`}
      </section>
    </div>
  </article>`;
}

function Turns({ dialogue, sources }) {
  const speakers = speakersOf(dialogue);
  return html`<section>
    <h3>Dialogue</h3>
    <ol class="turns">
      ${dialogue.turns.map(
        ([speaker, text], index) =>
          html`<li class=${sources?.includes(index) ? "source" : ""}>
            <span class=${`speaker series-${speakers.indexOf(speaker) % 8}`} dir="auto">${speaker}</span>
            <span class="text" dir="auto">${text}</span>
          </li>`,
      )}
    </ol>
  </section>`;
}

function Scored({ data, dialogue, summary, system, sources, onPoint, onFocus, onGo }) {
  const { letter, name } = data.systems[system];
  return html`<div class="summary">
    ${letter &&
    html`<p class="of">
      <span class=${`letter series-${system % 8}`}>${letter}</span><span dir="auto">${name}</span>
      ${system > 0 && html`<${Change} value=${changeOf(data, dialogue, system)} />`}
    </p>`}
    <${Summary} summary=${summary} active=${sources} onPoint=${onPoint} onFocus=${onFocus} onGo=${onGo} />
    <dl class="measures">
      ${data.columns.map(
        (column, index) =>
          html`<div class=${index === data.headline ? "first" : ""}>
            <dt>${column}</dt>
            <dd>${points(summary.scores[index])}</dd>
          </div>`,
      )}
    </dl>
    ${summary.findings.length > 0 &&
    html`<p class="found" dir="auto">Not in the dialogue: ${summary.findings.join(", ")}</p>`}
  </div>`;
}
