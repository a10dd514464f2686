// faults.tsx: what the lab has started, to be broken: a server killed, a worker frozen. The
// fault stands in the run itself, so that its effect is seen beside it.
import { computed, signal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import type { LabChild } from '../api';
import { ask, processes, run as looked, type Run } from '../state';
import './faults.css';

const kOften = 1500; // ms

export const labChildren = computed((): LabChild[] => {
  const one = looked.value;
  const known = processes.value;
  return one && !one.ended.value && known?.run === one.id ? known.processes : [];
});

// Asks all the time what there is to break in a run that goes on.
export function useProcesses(run: Run | null): void {
  const goesOn = run !== null && run.goesOn && !run.ended.value;
  useEffect(() => {
    if (!run || !goesOn) return;
    const askAgain = () => ask({ do: 'processes', run: run.id });
    const timer = setInterval(askAgain, kOften);
    askAgain();
    return () => clearInterval(timer);
  }, [run?.id, goesOn]);
}

// As the lab calls them. What it has not named are helpers of a service (of PostgreSQL, say):
// they are broken with the process that started them, and do not appear, unless nobody has a name.
export function namedChildren(run: Run, children: LabChild[]): { child: LabChild; name: string }[] {
  const names = new Map(run.trace.actors.filter((actor) => actor.pid).map((actor) => [actor.pid, actor.name]));
  const mine = new Set(children.map((child) => child.pid));
  return children.filter((child) => names.has(child.pid) || !mine.has(child.parent))
    .map((child) => ({ child, name: names.get(child.pid) ?? serviceName(child.name) }))
    .sort((a, b) => a.name.localeCompare(b.name, 'en', { numeric: true }));
}

// "redis-server unixsocket:/tmp/x" is Redis.
function serviceName(command: string): string {
  if (/redis-server/.test(command)) return 'Redis';
  if (/postgres/.test(command)) return 'PostgreSQL';
  const program = command.split(' ')[0] ?? command;
  return program.slice(program.lastIndexOf('/') + 1);
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
      <p class="dim">These processes belong to the lab. Kill one, as in a crash, or freeze it, as when its machine hangs,
        and watch how the lab reacts.</p>
      <ul>
        {namedChildren(run, found).map(({ child, name }) => (
          <li key={child.pid} class={child.frozen ? 'frozen' : ''}>
            <span class="who-runs" title={child.name}>{name}<small>process {child.pid}{child.frozen && ' · frozen'}</small></span>
            <button aria-label={`${child.frozen ? 'Thaw' : 'Freeze'} ${name}`}
              onClick={() => does(child.frozen ? 'thaw' : 'freeze', child.pid)}>{child.frozen ? 'Thaw' : 'Freeze'}</button>
            <button class={sure.value === child.pid ? 'sure' : ''} aria-label={`Kill ${name}`}
              onBlur={() => { sure.value = 0; }}
              onClick={() => { if (sure.value === child.pid) does('kill', child.pid); else sure.value = child.pid; }}>
              {sure.value === child.pid ? 'Kill it?' : 'Kill'}</button>
          </li>
        ))}
      </ul>
    </section>
  );
}
