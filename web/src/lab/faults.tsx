// faults.tsx: what the lab has started, to be broken: a server killed, a worker frozen. The
// fault stands in the run itself, so that its effect is seen beside it.
import { signal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import type { LabChild } from '../api';
import { ask, processes, type Run } from '../state';
import './faults.css';

const kOften = 1500; // ms

// What there is to break in a run that goes on; asked for anew all the time.
export function useProcesses(run: Run | null): LabChild[] {
  const goesOn = run !== null && run.goesOn && !run.ended.value;
  useEffect(() => {
    if (!run || !goesOn) return;
    const askAgain = () => ask({ do: 'processes', run: run.id });
    const timer = setInterval(askAgain, kOften);
    askAgain();
    return () => clearInterval(timer);
  }, [run?.id, goesOn]);
  const known = processes.value;
  return goesOn && known?.run === run.id ? known.processes : [];
}

// Killing takes two clicks: the first asks.
const sure = signal(0);

export function Faults({ run, found }: { run: Run; found: LabChild[] }) {
  const does = (fault: 'kill' | 'freeze' | 'thaw', pid: number) => {
    sure.value = 0;
    ask({ do: 'fault', run: run.id, pid, fault });
    ask({ do: 'processes', run: run.id });
  };
  return (
    <section class="faults" aria-label="Faults">
      <p class="dim">What the lab has started. Kill it, as in a crash, or freeze it, as when its machine hangs;
        then look what the lab makes of it.</p>
      <ul>
        {found.map((child) => (
          <li key={child.pid} class={child.frozen ? 'frozen' : ''}>
            <span class="who"><code>{child.name}</code><small>{child.pid}{child.frozen && ' · frozen'}</small></span>
            <button aria-label={`${child.frozen ? 'Thaw' : 'Freeze'} ${child.name}`}
              onClick={() => does(child.frozen ? 'thaw' : 'freeze', child.pid)}>{child.frozen ? 'Thaw' : 'Freeze'}</button>
            <button class={sure.value === child.pid ? 'sure' : ''} aria-label={`Kill ${child.name}`}
              onBlur={() => { sure.value = 0; }}
              onClick={() => { if (sure.value === child.pid) does('kill', child.pid); else sure.value = child.pid; }}>
              {sure.value === child.pid ? 'Kill it?' : 'Kill'}</button>
          </li>
        ))}
      </ul>
    </section>
  );
}
