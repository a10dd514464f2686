// markdown.tsx: a page of the repository. Its text is our own.
import { marked } from 'marked';

// "lab 14" and the id of a claim lead to that lab and that claim, outside of code and links.
// "Node 22.12" is a version.
export function linked(html: string): string {
  let inside = 0; // of code, a link or a heading's anchor
  return html.split(/(<[^>]+>)/).map((part) => {
    if (/^<(a|code|pre)\b/i.test(part)) ++inside;
    else if (/^<\/(a|code|pre)>/i.test(part)) --inside;
    if (inside > 0 || part.startsWith('<')) return part;
    return part
      .replace(/\b([Ll]abs?) (\d\d?)\b/g, (_, word: string, number: string) => `<a href="#/lab/${number.padStart(2, '0')}">${word} ${number}</a>`)
      .replace(/(?<!\b(?:Node|npm|libuv|version))(^|[\s(])((?:0[1-9]|[12]\d|30)\.\d{1,2})(?=$|[\s),.;:])/g, (_, before: string, id: string) => `${before}<a href="#/lab/${id.slice(0, 2)}?claim=${id}">${id}</a>`);
  }).join('');
}

export function Markdown({ text }: { text: string }) {
  return <div dangerouslySetInnerHTML={{ __html: linked(marked.parse(text, { async: false })) }} />;
}
