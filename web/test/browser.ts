// What the page's state asks of a browser as soon as it is loaded. Import it first.
const nothing = () => undefined;
Object.assign(globalThis, {
  location: { hash: '', host: 'studio', protocol: 'http:', origin: 'http://studio', href: '' },
  window: globalThis,
  addEventListener: nothing,
  matchMedia: () => ({ matches: false, addEventListener: nothing }),
  localStorage: { getItem: () => null, setItem: nothing },
  document: { documentElement: { dataset: {} }, getElementById: () => null },
  requestAnimationFrame: nothing,
  cancelAnimationFrame: nothing,
  WebSocket: class {
    static OPEN = 1;
    readyState = 0;
    send = nothing;
  },
});
export {};
