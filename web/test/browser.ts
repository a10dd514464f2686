// What the page's state asks of a browser as soon as it is loaded. Import it first.
const nothing = () => undefined;
Object.assign(globalThis, {
  location: { hash: '', host: 'studio', protocol: 'http:', origin: 'http://studio', href: '' },
  window: globalThis,
  addEventListener: nothing,
  matchMedia: () => ({ matches: false, addEventListener: nothing }),
  localStorage: { getItem: () => null, setItem: nothing },
  document: {
    documentElement: { dataset: {} }, body: {}, getElementById: () => null,
    createElement: () => ({ getContext: () => ({ measureText: (text: string) => ({ width: text.length * 7 }) }) }),
  },
  getComputedStyle: () => ({ fontFamily: 'sans' }),
  requestAnimationFrame: nothing,
  cancelAnimationFrame: nothing,
  WebSocket: class {
    static OPEN = 1;
    readyState = 0;
    send = nothing;
  },
});
export {};
