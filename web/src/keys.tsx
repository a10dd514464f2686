// keys.tsx: the keyboard, and the list of what it does.
import { signal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import { walk, walked } from './lab/code';
import { changeSpeed, copyLink, startRun, stepEvent, stepLane, stopRun } from './lab/transport';
import { facts, tab, wide } from './pages/lab';
import { changeTheme, cursor, fitAll, openScene, playing, route, run, scene, selected, togglePlay } from './state';
import { panBy, zoomBy } from './timeline/timeline';
import { offline } from './offline';
import { startTour } from './tour';

export const helping = signal(false);

interface Key {
  keys: string[];
  told: string;
  everywhere?: boolean;
  runs?: boolean; // which needs a studio
  does: () => void;
}

const stepWalk = (by: number) => {
  const found = facts.value;
  if (!found) return;
  tab.value = 'code';
  walk(found.steps, `labs/${found.lab.folder}`, Math.max(0, walked.value + by));
};

const openBy = (by: number) => {
  playing.value = false;
  openScene((scene.value?.index ?? 0) + by);
};

const kAllKeys: Key[] = [
  { keys: ['?'], told: 'this list', everywhere: true, does: () => { helping.value = !helping.value; } },
  { keys: ['/'], told: 'search', everywhere: true, does: () => document.querySelector<HTMLElement>('#search')?.focus() },
  { keys: ['t'], told: 'dark or light', everywhere: true, does: changeTheme },
  { keys: ['g'], told: 'the shelf', everywhere: true, does: () => { location.hash = '#/'; } },
  { keys: ['r'], told: 'run', runs: true, does: () => startRun(route.value.lab) },
  { keys: ['l'], told: 'run live, until stopped', runs: true, does: () => { if (facts.value?.describe?.live) startRun(route.value.lab, { live: true }); } },
  { keys: ['x'], told: 'stop', runs: true, does: stopRun },
  { keys: [' '], told: 'play this scene, or pause', does: togglePlay },
  { keys: ['PageDown'], told: 'next scene', does: () => openBy(1) },
  { keys: ['PageUp'], told: 'previous scene', does: () => openBy(-1) },
  { keys: ['ArrowRight'], told: 'next event', does: () => stepEvent(1) },
  { keys: ['ArrowLeft'], told: 'previous event', does: () => stepEvent(-1) },
  { keys: ['Shift+ArrowRight'], told: 'next scene or phase', does: () => stepEvent(1, 'phase') },
  { keys: ['Shift+ArrowLeft'], told: 'previous scene or phase', does: () => stepEvent(-1, 'phase') },
  { keys: ['n', 'p'], told: 'next or previous event of the same actor', does: () => stepLane(1) },
  { keys: [',', '.'], told: 'slower, faster', does: () => changeSpeed(1) },
  { keys: ['w', '+'], told: 'closer', does: () => zoomBy(0.6) },
  { keys: ['s', '-'], told: 'farther', does: () => zoomBy(1 / 0.6) },
  { keys: ['a', 'd'], told: 'move along the time', does: () => panBy(-0.2) },
  { keys: ['0'], told: 'show all of it', does: fitAll },
  { keys: ['f'], told: 'follow the end', does: () => { cursor.value = null; fitAll(); } },
  { keys: ['c'], told: 'a link to this moment', does: copyLink },
  { keys: ['[', ']'], told: 'walk through the code: back, next', does: () => stepWalk(-1) },
  { keys: ['z'], told: 'a wider picture', does: () => { wide.value = !wide.value; } },
  { keys: offline ? ['1', '3'] : ['1', '2', '3'], told: offline ? 'code, answer' : 'code, knobs, answer', does: () => { tab.value = 'code'; } },
  { keys: ['Escape'], told: 'choose nothing', everywhere: true, does: () => { helping.value = false; selected.value = -1; } },
];
const kKeys = kAllKeys.filter(({ runs }) => !runs || !offline);

// The second and later keys of a row that do something else than its first.
const kOthers: Record<string, () => void> = {
  ',': () => changeSpeed(1),
  '.': () => changeSpeed(-1),
  d: () => panBy(0.2),
  ']': () => stepWalk(1),
  p: () => stepLane(-1),
  '2': () => { tab.value = 'knobs'; },
  '3': () => { tab.value = 'answer'; },
};

export function onKey(event: KeyboardEvent): void {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const target = event.target as HTMLElement;
  if (event.key === 'Escape') target.blur();
  else if (/^(INPUT|SELECT|TEXTAREA)$/.test(target.tagName) && !target.matches('.scrub')) return;
  // Space plays wherever the focus is, where there is something to play; Enter presses a button.
  if (event.key === ' ' && /^(BUTTON|SUMMARY)$/.test(target.tagName)
    && (route.value.page !== 'lab' || run.value === null || target.closest('dialog, .knobs, summary'))) return;
  if (helping.value && event.key !== '?' && event.key !== 'Escape') return;
  const name = event.shiftKey && event.key.startsWith('Arrow') ? `Shift+${event.key}` : event.key;
  const key = kKeys.find((key) => key.keys.includes(name));
  if (!key || (!key.everywhere && route.value.page !== 'lab')) return;
  event.preventDefault();
  (kOthers[name] ?? key.does)();
}

const shown = (key: string) =>
  key.replace('ArrowRight', '→').replace('ArrowLeft', '←').replace(/^ $/, 'space');

export function Help() {
  const dialog = useRef<HTMLDialogElement>(null);
  const open = helping.value;
  useEffect(() => {
    if (open) dialog.current?.showModal();
    else dialog.current?.close();
  }, [open]);
  return (
    <dialog ref={dialog} class="help" aria-label="Keys" onClose={() => { helping.value = false; }}>
      <h2>Keys</h2>
      <dl>
        {kKeys.map((key) => (
          <div key={key.told}>
            <dt>{key.keys.map((name) => <kbd key={name}>{shown(name)}</kbd>)}</dt>
            <dd>{key.told}</dd>
          </div>
        ))}
      </dl>
      <p class="dim">On the timeline: the wheel zooms (Ctrl, where it scrolls), drag moves, a double click shows all,
        a click chooses. On the ruler: drag the cursor.</p>
      <button onClick={() => { helping.value = false; }}>Close</button>{' '}
      {!offline && <button onClick={() => { helping.value = false; location.hash = '#/'; startTour(); }}>A tour of one minute</button>}
    </dialog>
  );
}
