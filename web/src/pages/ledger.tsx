// ledger.tsx: every claim of every lab, with the last evidence.
import { useEffect, useState } from 'preact/hooks';
import { ledger, type LedgerEntry } from '../api';
import { claimLink, offline } from '../offline';

type Filter = 'all' | 'holds' | 'fails' | 'nuance';

const kFilters: [Filter, string][] = [
  ['all', 'All'], ['holds', 'Hold'], ['fails', 'Do not hold'],
  ['nuance', 'The usual answer is wrong or incomplete'],
];

const passes = (entry: LedgerEntry, filter: Filter) =>
  filter === 'all' || (filter === 'holds' && entry.holds) || (filter === 'fails' && !entry.holds)
  || (filter === 'nuance' && entry.nuance !== null);

export function LedgerPage() {
  const [entries, setEntries] = useState<LedgerEntry[] | null>(null);
  const [error, setError] = useState('');
  const [filter, setFilter] = useState<Filter>('all');
  const [sought, setSought] = useState('');
  useEffect(() => {
    ledger().then((all) => setEntries(all.sort((a, b) => a.id.localeCompare(b.id, 'en', { numeric: true }))),
      (reason: Error) => setError(reason.message));
  }, []);
  if (error) return <main class="message"><p class="fails">{error}</p></main>;
  if (!entries) return <main class="message"><p class="dim">The ledger …</p></main>;
  const words = sought.toLowerCase().split(/\s+/).filter(Boolean);
  const found = entries.filter((entry) => passes(entry, filter)
    && words.every((word) => `${entry.id} ${entry.claim} ${entry.evidence} ${entry.nuance ?? ''}`.toLowerCase().includes(word)));
  return (
    <main class="ledger">
      <header>
        <h1>The ledger</h1>
        <p>Each claim of each answer, and what the last recorded run showed.</p>
        <div class="filters" role="group" aria-label="Show">
          {kFilters.map(([name, title]) => (
            <button key={name} aria-pressed={filter === name} onClick={() => setFilter(name)}>
              {title} <small>{entries.filter((entry) => passes(entry, name)).length}</small>
            </button>
          ))}
          <input type="search" id="search" placeholder="Search (press /)" aria-label="Search the claims"
            value={sought} onInput={(event) => setSought(event.currentTarget.value)} />
        </div>
      </header>
      {!entries.length && <p class="dim">No run was recorded{offline ? '.' : <> yet. <a href="#/">Run a lab</a>, and its claims stand here.</>}</p>}
      {found.length > 0 && (
        <table>
          <thead><tr><th>id</th><th>claim</th><th>evidence</th><th>run</th></tr></thead>
          <tbody>
            {found.map((entry) => (
              <tr key={entry.id}>
                <td class={entry.holds ? 'holds' : 'fails'}>
                  <span aria-label={entry.holds ? 'holds' : 'does not hold'}>{entry.holds ? '✔' : '✘'}</span>{' '}
                  <a href={claimLink(entry)} title="See it in its run">{entry.id}</a>
                </td>
                <td>{entry.claim}{entry.nuance && <p class="nuance"><b>but</b> {entry.nuance}</p>}</td>
                <td class="evidence">{entry.evidence}</td>
                <td><a href={`#/lab/${entry.lab}${offline ? '' : `?run=${entry.run}`}`}>{new Date(entry.when).toLocaleString()}</a></td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </main>
  );
}
