// timeline.tsx: lanes over time, on a canvas. Wheel, drag, pinch and keys move the view, all
// timelines of the page share it.
import { useSignalEffect } from '@preact/signals';
import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import {
  cursor, fitAll, following, latest, lookAt, now, select, selected, theme, view, zoomToScene, type Run,
} from '../state';
import { lengthText, pan, timeAt, timeText, zoom } from '../trace/time';
import { hit, kScenes, kTop, layOut } from './layout';
import { coloursOf, describeEvent, paint, type Colours } from './paint';

interface Tip {
  x: number;
  y: number;
  event: number;
}

// `main`: whose events can be chosen; another run is only looked at.
export function Timeline({ run, label, main }: { run: Run; label: string; main: boolean }) {
  const box = useRef<HTMLDivElement>(null);
  const canvas = useRef<HTMLCanvasElement>(null);
  const frame = useRef(0);
  const colours = useRef<Colours | null>(null);
  const [tip, setTip] = useState<Tip | null>(null);
  const hovered = useRef(-1);
  const size = useRef({ width: 0, height: 0 });
  const pointers = useMemo(() => new Map<number, { x: number; y: number }>(), []);
  const drag = useRef<{ moved: boolean; scrub: boolean } | null>(null);
  const { trace } = run;

  const layout = () => layOut(trace, size.current.width);
  const inner = () => size.current.width - layout().gutter;

  const draw = () => {
    frame.current = 0;
    const element = canvas.current;
    const context = element?.getContext('2d');
    if (!element || !context || !box.current) return;
    const { width, height } = size.current;
    const ratio = devicePixelRatio;
    if (element.width !== Math.round(width * ratio) || element.height !== Math.round(height * ratio)) {
      element.width = Math.round(width * ratio);
      element.height = Math.round(height * ratio);
    }
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    colours.current ??= coloursOf(element);
    paint(context, {
      trace, view: view.value, layout: layout(), width, height, scroll: box.current.scrollTop,
      now: now.value, selected: main ? selected.value : -1, hovered: hovered.current,
      colours: colours.current,
    });
  };
  const redraw = () => { frame.current ||= requestAnimationFrame(draw); };

  useSignalEffect(() => {
    void [view.value, now.value, selected.value, run.drawn.value];
    redraw();
  });
  useSignalEffect(() => {
    void theme.value;
    colours.current = null;
    redraw();
  });
  useEffect(() => {
    const observer = new ResizeObserver(() => {
      const bounds = box.current?.getBoundingClientRect();
      if (!bounds) return;
      size.current = { width: box.current?.clientWidth ?? bounds.width, height: bounds.height };
      draw();
    });
    if (box.current) observer.observe(box.current);
    return () => observer.disconnect();
  }, [run]);
  useEffect(() => {
    const element = box.current;
    if (!element) return;
    // Not passive: it keeps the page from being zoomed instead.
    const onWheel = (wheel: WheelEvent) => {
      const overflows = element.scrollHeight > element.clientHeight + 1;
      const closer = wheel.ctrlKey || wheel.metaKey || !overflows;
      const x = wheel.clientX - element.getBoundingClientRect().left - layout().gutter;
      if (wheel.shiftKey || Math.abs(wheel.deltaX) > Math.abs(wheel.deltaY)) {
        wheel.preventDefault();
        move(((wheel.deltaX || wheel.deltaY) / inner()) * (view.value.to - view.value.from));
      } else if (closer) {
        wheel.preventDefault();
        scale(x, Math.exp(wheel.deltaY * 0.0022));
      }
    };
    element.addEventListener('wheel', onWheel, { passive: false });
    return () => element.removeEventListener('wheel', onWheel);
  }, [run]);

  function move(by: number): void {
    following.value = false;
    view.value = pan(view.value, by, latest());
  }
  function scale(x: number, factor: number): void {
    following.value = false;
    view.value = zoom(view.value, timeAt(view.value, x, inner()), factor, latest());
  }

  function place(event: PointerEvent): { x: number; y: number } {
    const bounds = (box.current as HTMLDivElement).getBoundingClientRect();
    return { x: event.clientX - bounds.left, y: event.clientY - bounds.top };
  }
  function eventAt({ x, y }: { x: number; y: number }): number {
    if (y < kScenes && x > layout().gutter) return sceneAt(timeOf(x));
    if (y < kTop) return -1;
    const at = layout();
    return hit(trace, at, view.value, inner(), x - at.gutter,
      y - kTop + (box.current?.scrollTop ?? 0)).event;
  }
  const sceneAt = (time: number) =>
    trace.story.findLast((item) => item.kind === 'scene' && item.time <= time)?.event ?? -1;
  const timeOf = (x: number) => timeAt(view.value, x - layout().gutter, inner());

  function onDown(event: PointerEvent): void {
    if (event.button !== 0) return;
    const at = place(event);
    pointers.set(event.pointerId, at);
    (event.currentTarget as Element).setPointerCapture(event.pointerId);
    drag.current = { moved: false, scrub: at.y < kTop && at.x > layout().gutter };
    setTip(null);
    if (!drag.current.scrub) return;
    const scene = at.y < kScenes && main ? sceneAt(timeOf(at.x)) : -1;
    if (scene >= 0) {
      drag.current = null;
      pointers.clear();
      return zoomToScene(scene);
    }
    lookAt(timeOf(at.x));
  }
  function onMove(event: PointerEvent): void {
    const at = place(event);
    const before = pointers.get(event.pointerId);
    if (!before) return hover(at);
    if (pointers.size === 2) {
      const [a, b] = [...pointers.values()];
      const gap = a && b ? Math.abs(a.x - b.x) : 0;
      pointers.set(event.pointerId, at);
      const [c, d] = [...pointers.values()];
      const after = c && d ? Math.abs(c.x - d.x) : 0;
      if (c && d && gap > 8 && after > 8) {
        scale((c.x + d.x) / 2 - layout().gutter, gap / after);
      }
      if (drag.current) drag.current.moved = true;
      return;
    }
    if (!drag.current) return;
    if (drag.current.scrub) return lookAt(timeOf(at.x));
    if (!drag.current.moved && Math.abs(at.x - before.x) + Math.abs(at.y - before.y) < 4) return;
    drag.current.moved = true;
    pointers.set(event.pointerId, at);
    move(((before.x - at.x) / inner()) * (view.value.to - view.value.from));
    if (box.current) box.current.scrollTop += before.y - at.y;
  }
  function onUp(event: PointerEvent): void {
    const clicked = drag.current && !drag.current.moved && !drag.current.scrub;
    pointers.delete(event.pointerId);
    if (!pointers.size) drag.current = null;
    if (!clicked) return;
    const at = place(event);
    const found = eventAt(at);
    if (found >= 0 && main) select(found);
    else if (at.x > layout().gutter) {
      selected.value = -1;
      lookAt(timeOf(at.x));
    }
  }
  function hover(at: { x: number; y: number }): void {
    const event = eventAt(at);
    if (event !== hovered.current) {
      hovered.current = event;
      redraw();
    }
    setTip(event >= 0 ? { ...at, event } : null);
  }

  void run.drawn.value;
  const tall = layout().height + kTop + 6;
  return (
    <div class="timeline" ref={box} onScroll={redraw} role="img" style={{ flexBasis: `${tall}px` }}
      aria-label={`${label}: ${trace.lanes.length} lanes. Use the arrow keys to step from event to event.`}
      onPointerDown={onDown} onPointerMove={onMove} onPointerUp={onUp} onPointerCancel={onUp}
      onPointerLeave={() => { hovered.current = -1; setTip(null); redraw(); }}
      onDblClick={fitAll}>
      <canvas ref={canvas} />
      <div class="spacer" style={{ height: `${tall}px` }} />
      {tip && <Tooltip tip={tip} run={run} width={size.current.width} scroll={box.current?.scrollTop ?? 0} />}
    </div>
  );
}

function Tooltip({ tip, run, width, scroll }: { tip: Tip; run: Run; width: number; scroll: number }) {
  const { trace } = run;
  const { event } = tip;
  const step = (view.value.to - view.value.from) / 1000;
  const right = tip.x > width / 2;
  return (
    <div class="tip" style={{
      top: `${tip.y + scroll + 16}px`,
      left: right ? 'auto' : `${tip.x + 12}px`, right: right ? `${width - tip.x + 12}px` : 'auto',
    }}>
      <b>{describeEvent(trace, event)}</b>
      <div>{trace.laneName(event)} · {timeText(trace.time.at(event), step)}
        {trace.isSpan(event) && ` · ${lengthText(trace.until.at(event) - trace.time.at(event))}`}
      </div>
      <div class="dim">{trace.source(event)}</div>
    </div>
  );
}

// Keys of the timeline, for the page.
export function zoomBy(factor: number): void {
  following.value = false;
  const at = cursor.value ?? (view.value.from + view.value.to) / 2;
  view.value = zoom(view.value, at, factor, latest());
}

export function panBy(share: number): void {
  following.value = false;
  view.value = pan(view.value, share * (view.value.to - view.value.from), latest());
}
