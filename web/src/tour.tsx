// tour.tsx: one minute through the page, on the first visit; the list of keys offers it again.
import { signal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { offline } from './offline';
import { route } from './state';
import './tour.css';

interface Stop {
  at: string; // what is pointed at
  page: 'shelf' | 'lab';
  text: string;
}

const kStops: Stop[] = [
  { page: 'shelf', at: '.shelf .cards', text: 'Each card is an interview question and a small program that answers it. The picture on it was drawn from a real run.' },
  { page: 'lab', at: '.start', text: 'Run plays the lab here, scene by scene. Live, where a lab has it, goes on until you stop it, and you turn its knobs meanwhile.' },
  { page: 'lab', at: '.middle', text: 'The picture of a scene, drawn from what happened and nothing else. Space plays it event by event, the arrow keys step.' },
  { page: 'lab', at: '.left', text: 'The story and the claims of a good answer, each with its measured evidence. Click one: you are told why it holds.' },
  { page: 'lab', at: '.side .tabs', text: 'Beside it stand the code, the knobs and the answer. While a lab runs, Break kills or freezes its processes; you can also click them in the picture.' },
  { page: 'shelf', at: '.top nav', text: 'The ledger collects all claims, Compare holds the labs against npm packages, and Drill asks you. Press ? for the keys.' },
];

const kSeen = 'toured';
export const tour = signal(offline || localStorage.getItem(kSeen) ? -1 : 0); // the stop; -1: none

function end(): void {
  localStorage.setItem(kSeen, 'yes');
  tour.value = -1;
}

function go(to: number): void {
  const stop = kStops[to];
  if (!stop) return end();
  tour.value = to;
  const page = route.value.page === 'lab' ? 'lab' : 'shelf';
  if (page === stop.page) return;
  const first = document.querySelector<HTMLAnchorElement>('.first-lab, a.card');
  location.hash = stop.page === 'shelf' ? '#/' : first?.hash ?? '#/';
}

export const startTour = () => go(0);

// The first visit may lead straight to a run: there the tour does not stand in the way.
export function Tour() {
  const at = tour.value;
  const stop = kStops[at];
  const { page } = route.value;
  const begins = at !== 0 || page === '';
  useEffect(() => {
    if (!stop || !begins) return;
    let pointed: Element | null = null;
    let handle = 0;
    const point = () => {
      const found = document.querySelector(stop.at);
      if (found !== pointed) {
        pointed?.classList.remove('pointed-at');
        found?.classList.add('pointed-at');
        pointed = found;
      }
      handle = requestAnimationFrame(point);
    };
    point();
    return () => {
      cancelAnimationFrame(handle);
      pointed?.classList.remove('pointed-at');
    };
  }, [stop, begins]);
  if (!stop || !begins) return null;
  return (
    <aside class="tour" aria-label="Tour" aria-live="polite">
      <p><b>{at === 0 ? 'New here? One minute. ' : ''}</b>{stop.text}</p>
      <div>
        <span class="dim">{at + 1} of {kStops.length}</span>
        <button onClick={end}>{at === 0 ? 'Not now' : 'End'}</button>
        {at > 0 && <button onClick={() => go(at - 1)}>Back</button>}
        <button class="primary" onClick={() => go(at + 1)}>{at === kStops.length - 1 ? 'Done' : 'Next'}</button>
      </div>
    </aside>
  );
}
