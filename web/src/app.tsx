// app.tsx: which page is shown.
import { Help, helping } from './keys';
import { later } from './later';
import { LabPage } from './pages/lab';
import { offline, recording } from './offline';
import { ComparePage } from './pages/compare';
import { DrillPage } from './pages/drill';
import { LedgerPage } from './pages/ledger';
import { Shelf } from './pages/shelf';
import { changeTheme, connected, route, stranger, theme } from './state';
import { Tour } from './tour';

const kAsking = new Set(['drill', 'mock', 'plan']);

// Without a studio nothing runs, and what asks needs runs and a place to keep the answers.
const kPages = ([
  ['', 'Labs'], ['ledger', 'Ledger'], ['compare', 'Compare'], ['drill', 'Drill'], ['mock', 'Mock'], ['plan', 'Plan'],
] as const).filter(([page]) => !recording && !(offline && kAsking.has(page)));

const dayOf = (when: number) => new Date(when).toLocaleDateString('en-GB', { day: 'numeric', month: 'short', year: 'numeric' });

const SheetPage = later(async () => (await import('./pages/sheet')).SheetPage);
const MockPage = later(async () => (await import('./pages/mock')).MockPage);
const PlanPage = later(async () => (await import('./pages/plan')).PlanPage);

export function App() {
  const { page, lab } = route.value;
  if (page !== 'lab' && page !== 'sheet') document.title = 'Underloop';
  return (
    <>
      <header class="top">
        <a class="brand" href="#/">Underloop</a>
        <nav aria-label="Pages">
          {kPages.map(([name, title]) => (
            <a key={name} href={`#/${name}`} aria-current={page === name ? 'page' : undefined}>{title}</a>
          ))}
        </nav>
        <span class="room" />
        {offline && offline.recorded > 0 && <span class="recorded">Recorded {dayOf(offline.recorded)}</span>}
        {!connected.value && (
          <span class="lost" role="status">
            {stranger.value ? 'The studio does not know this tab any more: open the address that ./lab studio printed.'
              : 'The studio does not answer; trying again …'}
          </span>
        )}
        <button onClick={changeTheme} aria-label={`Change to ${theme.value === 'dark' ? 'light' : 'dark'}`}>
          {theme.value === 'dark' ? '☀︎' : '☾'}</button>
        <button onClick={() => { helping.value = true; }} aria-label="Keys">?</button>
      </header>
      {page === 'lab' && lab ? <LabPage key={lab} lab={lab} />
        : page === 'sheet' && lab ? <SheetPage key={lab} lab={lab} />
        : page === 'ledger' ? <LedgerPage />
          : page === 'compare' ? <ComparePage />
            : offline && kAsking.has(page) ? <Shelf />
              : page === 'drill' ? <DrillPage />
                : page === 'mock' ? <MockPage />
                  : page === 'plan' ? <PlanPage /> : <Shelf />}
      <Help />
      <Tour />
    </>
  );
}
