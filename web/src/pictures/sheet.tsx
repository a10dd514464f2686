// sheet.tsx: what all pictures share: the paper they are drawn on, and text that fits.
import type { ComponentChildren } from 'preact';
import type { Trace } from '../trace/trace';
import type { Scene } from './scenes';

// What a picture is drawn from. `at` lies in the scene; sizes are CSS pixels.
export interface Drawing {
  trace: Trace;
  scene: Scene;
  at: number;
  live: boolean; // drawn while it happens: what is shown is the end
  width: number;
  height: number;
  lit: ReadonlySet<number>; // events that the chosen claim rests on, or the chosen event
  choose: (event: number) => void;
  act?: ((actor: string) => void) | undefined; // breaks a process of a run that goes on
  breakable?: ReadonlyMap<string, boolean> | undefined; // whether it is frozen, by name
}

export interface Point {
  x: number;
  y: number;
}

const widths = new Map<string, number>();
let measure: CanvasRenderingContext2D | null = null;

// As wide as it is in bold: an upper bound for the rest.
export function widthOf(text: string, small = false): number {
  const key = `${small ? 's' : 'n'}${text}`;
  let width = widths.get(key);
  if (width === undefined) {
    measure ??= document.createElement('canvas').getContext('2d') as CanvasRenderingContext2D;
    measure.font = `600 ${small ? 12 : 13}px ${getComputedStyle(document.body).fontFamily}`;
    width = measure.measureText(text).width;
    if (widths.size > 5000) widths.clear();
    widths.set(key, width);
  }
  return width;
}

// Cut where it does not fit: the whole stands in its title.
export function fitted(text: string, width: number, small = false): string {
  const whole = widthOf(text, small);
  if (whole <= width) return text;
  const letters = Math.floor((text.length * (width - widthOf('…', small))) / whole);
  return letters < 2 ? '' : `${text.slice(0, letters)}…`;
}

export function Label({ x, y, text, room, kind = '', side = 'middle' }: {
  x: number; y: number; text: string; room: number; kind?: string; side?: 'start' | 'middle' | 'end';
}) {
  const shown = fitted(text, room, kind.includes('small'));
  return <text x={x} y={y} class={kind} style={{ textAnchor: side }}>{shown}{shown !== text && <title>{text}</title>}</text>;
}

// Its lines, broken between words, `most` at most: the rest stands in the last, which may not fit.
export function wrapped(text: string, room: number, small = false, most = 2): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    const longer = line ? `${line} ${word}` : word;
    if (line && lines.length < most - 1 && widthOf(longer, small) > room) {
      lines.push(line);
      line = word;
    } else {
      line = longer;
    }
  }
  return [...lines, line];
}

// Broken between words; `y` is the base line of the only line, or the middle of several.
export function Words({ x, y, text, room, kind = '', side = 'middle', line = 15, most = 2 }: {
  x: number; y: number; text: string; room: number; kind?: string; side?: 'start' | 'middle' | 'end'; line?: number; most?: number;
}) {
  const lines = wrapped(text, room, kind.includes('small'), most);
  return <>{lines.map((one, i) => <Label key={i} x={x} y={y + (i - (lines.length - 1) / 2) * line} text={one} room={room} kind={kind} side={side} />)}</>;
}

export function Sheet({ width, height, top = 0, label, children }: {
  width: number; height: number; top?: number; label: string; children: ComponentChildren;
}) {
  return (
    <svg class="sheet" width={width} height={height} viewBox={`0 ${top} ${width} ${height}`} role="group" aria-label={label}>
      <defs>
        <marker id="tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="8" markerHeight="8" markerUnits="userSpaceOnUse" orient="auto-start-reverse">
          <path d="M0 0L8 4L0 8z" class="arrowhead" />
        </marker>
      </defs>
      {children}
    </svg>
  );
}

// Said instead of a picture that has nothing to show yet.
export function Nothing({ width, height, text }: { width: number; height: number; text: string }) {
  return (
    <Sheet width={width} height={height} label={text}>
      <Words x={width / 2} y={height / 2} text={text} room={width - 40} kind="dim" />
    </Sheet>
  );
}
