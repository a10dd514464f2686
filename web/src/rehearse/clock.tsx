// clock.tsx: the time that is left for an answer. It is seen all the time; a screen reader hears
// it only now and then.
import { useEffect, useRef, useState } from 'preact/hooks';
import { clock } from './talk';

const kTold = [60, 30, 10]; // seconds left

export function Clock({ left, of, over }: { left: number; of: number; over: () => void }) {
  const end = useRef(performance.now() + left);
  const leftNow = () => Math.max(0, Math.ceil((end.current - performance.now()) / 1000));
  const [seconds, setSeconds] = useState(leftNow);
  useEffect(() => {
    const timer = setInterval(() => {
      const now = leftNow();
      setSeconds(now);
      if (now > 0) return;
      clearInterval(timer);
      over();
    }, 200);
    return () => clearInterval(timer);
  }, []);
  const told = kTold.find((at) => seconds <= at && seconds > at - 3 && at < of);
  return (
    <div class={`clock${seconds <= 10 ? ' is-short' : ''}`}>
      <span role="timer" aria-label="Time left">{clock(seconds)}</span>
      <div class="clock-bar" aria-hidden="true"><div style={{ width: `${Math.min(100, (seconds / of) * 100)}%` }} /></div>
      <p class="unseen" role="status">{told ? `${told} seconds left` : ''}</p>
    </div>
  );
}
