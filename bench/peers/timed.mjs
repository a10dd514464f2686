// How a contestant in Node measures itself and tells it; runner/peers_measure.hpp reads the
// line. `work(count)` does it once small, to warm up, and once whole, and answers what came
// out, to which `look` may add, out of time.
export async function timed(count, work, look = () => '') {
  await work(Math.floor(count / 10) + 1);
  const cpu = process.cpuUsage();
  const began = process.hrtime.bigint();
  const check = await work(count);
  const ns = Number(process.hrtime.bigint() - began);
  const { user, system } = process.cpuUsage(cpu);
  const all = { operations: count, ns, cpu_ns: (user + system) * 1000, check: check + look() };
  console.log(JSON.stringify(all));
}

// The contestants of a script by name: node 14.mjs NAME COUNT.
export async function play(contestants) {
  const [name, count] = process.argv.slice(2);
  if (!contestants[name]) throw new Error(`there is no contestant ${name}`);
  await contestants[name](Number(count));
}
