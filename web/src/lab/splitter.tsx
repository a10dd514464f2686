// splitter.tsx: the edge between two columns of a lab's page: dragged, or moved with the arrow
// keys; a double click gives both their first width. Widths are shares, kept for next time.
import { signal } from '@preact/signals';

export type Column = 'left' | 'side';

const kKept = 'columns';
const kFirst: Record<Column, number> = { left: 21, side: 28 }; // %
const kLeast: Record<Column, number> = { left: 12, side: 16 };
const kMost = 45;

function kept(): Record<Column, number> {
  try {
    const found = JSON.parse(localStorage.getItem(kKept) ?? '{}') as Partial<Record<Column, unknown>>;
    const one = (name: Column) => typeof found[name] === 'number' ? inside(name, found[name]) : kFirst[name];
    return { left: one('left'), side: one('side') };
  } catch {
    return { ...kFirst };
  }
}

export const inside = (name: Column, share: number) => Math.min(kMost, Math.max(kLeast[name], share));

export const columns = signal(kept());

function move(name: Column, share: number): void {
  columns.value = { ...columns.value, [name]: inside(name, share) };
  localStorage.setItem(kKept, JSON.stringify(columns.value));
}

export function Splitter({ name, label }: { name: Column; label: string }) {
  const share = columns.value[name];
  const onDown = (event: PointerEvent) => {
    const element = event.currentTarget as HTMLElement;
    const box = element.closest('main')?.getBoundingClientRect();
    if (!box || event.button !== 0) return;
    event.preventDefault();
    element.setPointerCapture(event.pointerId);
    const onMove = ({ clientX }: PointerEvent) =>
      move(name, ((name === 'left' ? clientX - box.left : box.right - clientX) / box.width) * 100);
    const onUp = () => {
      element.removeEventListener('pointermove', onMove);
      element.removeEventListener('pointerup', onUp);
      element.removeEventListener('pointercancel', onUp);
    };
    element.addEventListener('pointermove', onMove);
    element.addEventListener('pointerup', onUp);
    element.addEventListener('pointercancel', onUp);
  };
  const onKey = (event: KeyboardEvent) => {
    const by = event.key === 'ArrowRight' ? 2 : event.key === 'ArrowLeft' ? -2 : 0;
    if (!by) return;
    event.preventDefault();
    event.stopPropagation();  // the arrows step through the run elsewhere
    move(name, share + (name === 'left' ? by : -by));
  };
  return (
    <div class={`splitter of-${name}`} role="separator" aria-orientation="vertical" aria-label={label} tabIndex={0}
      aria-valuenow={Math.round(share)} aria-valuemin={kLeast[name]} aria-valuemax={kMost} title="Drag; a double click resets"
      onPointerDown={onDown} onKeyDown={onKey} onDblClick={() => move(name, kFirst[name])} />
  );
}
