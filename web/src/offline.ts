// offline.ts: the page without a studio. What it would ask for came along: in the file itself
// (one run, saved), or in scripts beside it (the book, ./lab book). The writers are
// offlinePage() below and runner/book/offline_page.cpp.
import type { LabFacts, RunCard } from './api';

interface Told {
  page: string; // what is shown where the address names nothing: "lab/05"
  recorded: number; // Unix ms
  book: boolean; // more pages and scripts stand beside this one
  answers: Record<string, string>; // by the path that is asked for
}

const kPlace = 'underloop';

// What this very file holds, if it is such a file.
export const offline: Told | null = (() => {
  const place = document.getElementById(kPlace);
  return place ? (JSON.parse(place.textContent ?? '') as Told) : null;
})();

// One saved run, with no other page to go to.
export const recording = offline !== null && !offline.book;

// --- the answers

declare global {
  interface Window { underloopAnswers?: Record<string, string> }
}

const known = (path: string): string | undefined =>
  [offline?.answers ?? {}, window.underloopAnswers ?? {}].find((answers) => Object.hasOwn(answers, path))?.[path];

// The script of the book that has it.
function scriptOf(path: string): string {
  const [, run] = /^\/api\/runs\/(\d\d)-/.exec(path) ?? [];
  if (run) return `${run}-run`;
  const [, code] = /^\/api\/source\?path=labs\/(\d\d)_/.exec(path) ?? [];
  if (code) return `${code}-code`;
  if (path.startsWith('/api/source?')) return 'common';
  const [, lab] = /^\/api\/lab\/(\d\d)$/.exec(path) ?? [];
  return lab ?? (path === '/api/bench' ? 'bench' : 'all');
}

const loading = new Map<string, Promise<void>>();

// A file:// page may fetch nothing, but a script element loads.
function load(name: string): Promise<void> {
  const begun = loading.get(name);
  if (begun) return begun;
  const loaded = new Promise<void>((resolve, reject) => {
    const script = document.createElement('script');
    script.src = `data/${name}.js`;
    script.onload = () => resolve();
    script.onerror = () => {
      loading.delete(name);
      script.remove();
      reject(new Error(`data/${name}.js could not be read: is the book whole?`));
    };
    document.head.append(script);
  });
  loading.set(name, loaded);
  return loaded;
}

export async function offlineAnswer(asked: string): Promise<string> {
  const path = decodeURIComponent(asked);
  if (known(path) === undefined && offline?.book) await load(scriptOf(path));
  const text = known(path);
  if (text === undefined) throw new Error(`${path.replace(/^.*=/, '')} is not in this ${recording ? 'file' : 'book'}`);
  return text;
}

// --- the book's pages: one file each, so that every address is one that can be shared

export function fileOf(page: string, lab: string): string {
  if (!page) return 'index.html';
  if (page === 'lab') return `${lab}.html`;
  return page === 'sheet' && lab ? `sheet-${lab}.html` : `${page}.html`;
}

// A claim of a run. A book made anew has another run, and the same claims.
export const claimLink = ({ lab, run, id }: { lab: string; run: string; id: string }) =>
  `#/lab/${lab}?${offline ? '' : `run=${run}&`}claim=${id}`;

const kFiles = /^(index|ledger|compare|sheet-\d\d|\d\d)\.html$/;

// Where a route of the book is shown, if that is not this file.
export function elsewhere(page: string, lab: string, hash: string): string | null {
  if (!offline?.book) return null;
  const [here = '', number = ''] = offline.page.split('/');
  const file = fileOf(page, lab);
  if (file === fileOf(here, number) || !kFiles.test(file)) return null;
  const says = hash.includes('?') || (page === 'compare' && lab); // more than its file's name
  return says ? file + hash : file;
}

// --- writing one

// Inside a script element nothing may look like its end. In code a bare `</` stands: a
// regular expression may end there.
const inScript = (text: string) => text.replace(/<\/(?=script)/gi, '<\\/').replaceAll('<!--', '<\\!--');
const inData = (text: string) => text.replaceAll('<', '\\u003c');

// One run as a file of its own. `events` are its lines, `sources` the text of each file.
export function offlinePage(
  { facts, card, events, sources }: { facts: LabFacts; card: RunCard; events: string; sources: Record<string, string> },
  script: string, style: string,
): string {
  const title = `${facts.lab.number}. ${facts.lab.question}`.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
  const told: Told = {
    page: `lab/${card.lab}?run=${card.run}`,
    recorded: card.began,
    book: false,
    answers: {
      '/api/catalog': JSON.stringify({ labs: [{ ...facts.lab, last_run: card.run }] }),
      [`/api/lab/${card.lab}`]: JSON.stringify(facts),
      '/api/runs': JSON.stringify({ runs: [card] }),
      [`/api/runs/${card.run}`]: events,
      '/api/ledger': JSON.stringify({ entries: [] }),
      ...Object.fromEntries(Object.entries(sources).map(([path, text]) => [`/api/source?path=${path}`, text])),
    },
  };
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="dark light">
<title>${title} · Underloop</title>
<link rel="icon" href="data:,">
<style>${style.replaceAll('</', '<\\/')}</style>
<body>
<div id="app"></div>
<script type="application/json" id="${kPlace}">${inData(JSON.stringify(told))}</script>
<script>${inScript(script)}</script>
</body>
</html>
`;
}
