// offline.ts: one file that holds the page, a run, the lab's code and its text: it opens
// without a studio, and links to its moments work in it.
import type { LabFacts, RunCard } from './api';
import type { Wire } from './trace/wire';

export interface Recording {
  facts: LabFacts;
  card: RunCard;
  events: Wire[];
  sources: Record<string, string>; // path -> text
}

const kPlace = 'recording';

// What this very file holds, if it is such a file.
export const recording: Recording | null = (() => {
  const place = document.getElementById(kPlace);
  return place ? (JSON.parse(place.textContent ?? '') as Recording) : null;
})();

// Inside a script element nothing may look like its end. In code a bare `</` stands: a
// regular expression may end there.
const inScript = (text: string) => text.replace(/<\/(?=script)/gi, '<\\/').replaceAll('<!--', '<\\!--');
const inData = (text: string) => text.replaceAll('<', '\\u003c');

export function offlinePage(recording: Recording, script: string, style: string): string {
  const title = `${recording.facts.lab.number}. ${recording.facts.lab.question}`
    .replaceAll('&', '&amp;').replaceAll('<', '&lt;');
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="dark light">
<title>${title} · Underloop</title>
<style>${style.replaceAll('</', '<\\/')}</style>
<body>
<div id="app"></div>
<script type="application/json" id="${kPlace}">${inData(JSON.stringify(recording))}</script>
<script type="module">${inScript(script)}</script>
</body>
</html>
`;
}
