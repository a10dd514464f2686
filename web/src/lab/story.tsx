// story.tsx: the sentences of the run as they came, and each claim with what proved it.
import { useEffect, useRef } from 'preact/hooks';
import { offline } from '../offline';
import { cursor, now, select, selected, zoomToScene, type Run } from '../state';
import { heldTheLoop, type StoryItem, type Table } from '../trace/trace';
import { lengthText, timeText } from '../trace/time';

export function Story({ run }: { run: Run }) {
  void run.drawn.value;
  const end = useRef<HTMLDivElement>(null);
  const last = useRef<HTMLDivElement>(null);
  const { story } = run.trace;
  const at = now.value;
  const following = cursor.value === null;
  const shown = following ? story.length : story.filter((item) => item.time <= at).length;
  // What was recorded before begins at its top; what we saw run ends with the verdict.
  // Who has scrolled up to read is left there. To be far from the end is not enough:
  // the story may have grown since it was scrolled to.
  const reading = useRef(false);
  useEffect(() => {
    const box = end.current?.closest('.left');
    let top = box?.scrollTop ?? 0;
    const onScroll = () => {
      if (!box) return;
      if (box.scrollHeight - box.scrollTop - box.clientHeight <= 60) reading.current = false;
      else if (box.scrollTop < top) reading.current = true;
      top = box.scrollTop;
    };
    box?.addEventListener('scroll', onScroll);
    return () => box?.removeEventListener('scroll', onScroll);
  }, [run]);
  useEffect(() => {
    if (following && run.goesOn && !reading.current) end.current?.scrollIntoView({ block: 'nearest' });
  }, [story.length, run.ended.value]);
  useEffect(() => {
    if (!following) last.current?.scrollIntoView({ block: 'nearest' });
  }, [shown, following]);
  return (
    <section class="story" aria-label="Story" aria-live={following ? 'polite' : 'off'}>
      <Verdicts run={run} />
      <Warnings run={run} />
      {story.map((item, i) => (
        <div key={item.event} ref={i === shown - 1 ? last : null}>
          <Item item={item} later={i >= shown} chosen={item.event === selected.value} />
          <Addresses text={item.text} />
        </div>
      ))}
      {!story.length && <p class="dim">{run.ended.value ? 'Nothing was told.' : 'Starting …'}</p>}
      {run.skipped.value > 0 && (
        <p class="skipped" role="status">{run.skipped.value.toLocaleString('en')} events were left out
          here: this window could not follow. The record has them: choose the run again.</p>
      )}
      <Ending run={run} />
      <div ref={end} />
    </section>
  );
}

// All claims of the run at a glance; each leads to its moment.
function Verdicts({ run }: { run: Run }) {
  const claims = new Map<string, StoryItem[]>();
  for (const item of run.trace.story) {
    if (item.kind !== 'claim' || !item.id) continue;
    claims.set(item.id, [...(claims.get(item.id) ?? []), item]);
  }
  if (!claims.size) return null;
  return (
    <div class="verdicts" role="group" aria-label="Claims">
      {[...claims].sort(([a], [b]) => a.localeCompare(b, 'en', { numeric: true })).map(([id, items]) => {
        const holds = items.every((item) => item.holds);
        return (
          <button key={id} class={holds ? 'holds' : 'fails'}
            title={items[0]?.text} onClick={() => select(items[0]?.event ?? -1)}>
            {holds ? '✔' : '✘'} {id}
          </button>
        );
      })}
    </div>
  );
}

const kWarnings = 3;

// What held the loop, with its line a click away.
function Warnings({ run }: { run: Run }) {
  const { trace } = run;
  const held = heldTheLoop(trace);
  return (
    <>
      {held.slice(0, kWarnings).map((event) => (
        <button key={event} class="item warning" onClick={() => select(event)}>
          {trace.name(event)} held the loop for {lengthText(trace.until.at(event) - trace.time.at(event))}
        </button>
      ))}
      {held.length > kWarnings && <p class="dim">and {held.length - kWarnings} more did</p>}
    </>
  );
}

// What the lab itself serves, such as the chat: each address opens a window of its own.
function Addresses({ text }: { text: string }) {
  const found = [...new Set(text.match(/http:\/\/127\.0\.0\.1:\d+[^\s"',;)]*/g) ?? [])];
  if (!found.length || offline) return null;
  const open = () => {
    for (const address of found) window.open(address, '_blank', 'popup,width=480,height=640');
  };
  return (
    <p class="addresses">
      {found.map((address) => <a key={address} href={address} target="_blank" rel="noreferrer">{address}</a>)}
      {found.length > 1 && <button onClick={open}>Open {found.length} windows</button>}
    </p>
  );
}

// `so` is code.
function Text({ text }: { text: string }) {
  return <>{text.split('`').map((part, i) => (i % 2 ? <code key={i}>{part}</code> : part))}</>;
}

function Item({ item, later, chosen }: { item: StoryItem; later: boolean; chosen: boolean }) {
  const classes = ['item', item.kind, later && 'later', chosen && 'chosen'].filter(Boolean).join(' ');
  const go = () => (item.kind === 'scene' ? zoomToScene(item.event) : select(item.event));
  switch (item.kind) {
    case 'scene':
      return (
        <h3 class={classes}>
          <button onClick={go}>{item.text}<time>{timeText(item.time, 1000)}</time></button>
        </h3>
      );
    case 'claim':
      return (
        <button class={`${classes} ${item.holds ? 'holds' : 'fails'}`} onClick={go}>
          <span class="mark" aria-label={item.holds ? 'holds' : 'does not hold'}>
            {item.holds ? '✔' : '✘'}
          </span>
          <span class="id">{item.id}</span>
          <span class="claim-text">{item.text}</span>
          <span class="evidence">{item.evidence}</span>
        </button>
      );
    case 'nuance':
      return <button class={classes} onClick={go}><b>but</b> <Text text={item.text} /></button>;
    case 'table':
      return <div class={classes} tabIndex={0} role="group" aria-label={item.text}>{item.table && <TableView table={item.table} />}</div>;
    case 'knob':
      return <button class={classes} onClick={go}>{item.text}</button>;
    case 'fault':
      return <button class={classes} onClick={go}>{item.text}</button>;
    case 'takeaway':
      return <button class={classes} onClick={go}><b><Text text={item.text} /></b></button>;
    case 'say':
      return <button class={classes} onClick={go}><Text text={item.text} /></button>;
  }
}

export function TableView({ table }: { table: Table }) {
  const numbers = table.columns.map((_, i) =>
    table.rows.every((row) => /^[-+\d.,]+( ?[%a-zµ/]{1,6})?$/i.test(row[i] ?? '')));
  return (
    <table>
      <caption>{table.title}</caption>
      <thead>
        <tr>{table.columns.map((column, i) => <th key={i} class={numbers[i] ? 'number' : ''}>{column}</th>)}</tr>
      </thead>
      <tbody>
        {table.rows.map((row, r) => (
          <tr key={r}>{row.map((cell, i) => <td key={i} class={numbers[i] ? 'number' : ''}>{cell}</td>)}</tr>
        ))}
      </tbody>
    </table>
  );
}

function Ending({ run }: { run: Run }) {
  const ended = run.ended.value;
  const { end } = run.trace;
  if (!ended) return null;
  const failed = end?.failed ?? 0;
  const told = ended.why ? ended.why
    : end?.stopped ? 'stopped'
    : end && end.claims === 0 ? 'the run has ended'
    : end ? `${end.claims - failed} of ${end.claims} claims hold` : `ended with ${ended.exit ?? 'nothing'}`;
  return (
    <p class={`ending ${failed || (ended.exit ?? 0) > 0 ? 'fails' : 'holds'}`}>
      {told}
      {end && end.dropped > 0 && <span> · {end.dropped} events were dropped: the ring was full</span>}
    </p>
  );
}
