// What a Node program would show its heap with: 100,000 objects of one class, by class.
import v8 from 'node:v8';
import { play, timed } from './timed.mjs';

class Planted {}

await play({
  snapshot: (count) => {
    const held = Array.from({ length: 100_000 }, () => new Planted());
    return timed(count, async (times) => {
      let objects = 0;
      for (let i = 0; i < times; ++i) {
        let text = '';
        for await (const chunk of v8.getHeapSnapshot()) text += chunk;
        const { snapshot: { meta }, nodes, strings } = JSON.parse(text);
        const width = meta.node_fields.length, object = meta.node_types[0].indexOf('object');
        objects = 0;
        for (let at = 0; at < nodes.length; at += width)
          objects += nodes[at] === object && strings[nodes[at + 1]] === 'Planted';
      }
      return `${Math.min(objects, held.length)} objects`;
    });
  },
});
