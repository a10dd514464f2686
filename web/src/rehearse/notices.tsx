// notices.tsx: what of a person's data cannot be read, on the page that would have shown it.
export function Notices({ notices }: { notices: string[] }) {
  if (!notices.length) return null;
  return <div class="damage" role="alert">{notices.map((notice) => <p key={notice}>{notice}</p>)}</div>;
}
