// page.ts: what a question's page says, piece by piece, as runner/core/page.cpp reads it for the
// mock and the cards. The text stands in the lab's README.md and nowhere else.

export interface Point {
  lead: string; // one sentence, or the beginning of one that `why` ends
  why: string;
}

// Markdown without line breaks; what a page does not have is empty.
export interface Pieces {
  spoken: string;
  senior: Point[];
  wrong: string; // the usual wrong answer, in its own words
  instead: string; // what is true
}

// What stands between this heading and the next one of its rank.
function section(page: string, heading: string): string {
  const begin = page.indexOf(`\n## ${heading}\n`);
  if (begin < 0) return '';
  const text = page.slice(begin + heading.length + 4);
  const end = text.indexOf('\n## ');
  return end < 0 ? text : text.slice(0, end);
}

const oneLine = (text: string) => text.replace(/\s+/g, ' ').trim();
const paragraphs = (text: string) => text.split(/\n\s*\n/).map((one) => one.trim()).filter(Boolean);

// "(scene `crashes`)", "(01.2, 01.3, lab 03)": where a screen leads, and paper does not.
function leadsElsewhere(inside: string): boolean {
  const places = inside.split(/[,;] | and | or /);
  return places.every((place, i) => /^(scenes? `[^`]+`|labs? \d\d?|\d\d\.\d+)$/.test(place) || (i > 0 && /^scenes? /.test(inside) && /^`[^`]+`$/.test(place)));
}
export const onPaper = (text: string) =>
  oneLine(text).replace(/ ?\(([^()]+)\)/g, (whole, inside: string) => (leadsElsewhere(inside) ? '' : whole));

export function piecesOf(page: string): Pieces {
  const [spoken = ''] = paragraphs(section(page, 'The answer in 30 seconds')).filter((one) => !one.startsWith('|'));
  const senior = section(page, 'What makes it a senior answer').split(/\n- /).slice(1).flatMap((text): Point[] => {
    const found = /^\*\*([^*]+)\*\*([^]*)$/.exec(paragraphs(text)[0] ?? '');
    return found ? [{ lead: oneLine(found[1] as string), why: onPaper(found[2] as string) }] : [];
  });
  const [said = ''] = paragraphs(section(page, 'The usual wrong answer'));
  const quoted = /^"\*([^*]+)\*"([^]*)$/.exec(said);
  return {
    spoken: oneLine(spoken),
    senior,
    wrong: oneLine(quoted?.[1] ?? ''),
    // A colon leads to what the sheet has no room for.
    instead: onPaper(quoted?.[2] ?? '').replace(/^[.,;] /, '').replace(/:$/, '.'),
  };
}
