// page.hpp: the page on which two browser windows chat through two servers.
#pragma once

#include <string>

#include "lab/websocket.hpp"

namespace lab11 {

inline constexpr const char* kPage = R"html(<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Chat, server NAME</title>
<style>
  :root { color-scheme: light dark }
  body { font: 16px/1.4 system-ui, sans-serif; margin: 2rem auto; max-width: 40rem; padding: 0 1rem }
  #log { border: 1px solid #8888; border-radius: 6px; height: 20rem; overflow: auto; padding: .5rem 1rem }
  #log .told { color: #888 }
  form:not([hidden]) { display: flex; gap: .5rem; margin-top: .5rem }
  input { font: inherit; flex: 1; min-width: 0; padding: .3rem .5rem }
  button { font: inherit }
</style>
<h1>Server NAME</h1>
<p id="state" role="status">Who are you?</p>
<div id="log" role="log" aria-label="Messages"></div>
<p>Here: <span id="here">nobody</span></p>
<form id="enter"><input id="user" aria-label="Your name" placeholder="your name" maxlength="32" required autofocus><button>Enter</button></form>
<form id="talk" hidden><input id="text" aria-label="Message" placeholder="say something" maxlength="500" autocomplete="off" required><button>Say</button></form>
<script>
const by = (id) => document.getElementById(id);
const sender = crypto.randomUUID();  // this window, of perhaps several of that name
let user, socket, seen, joined = false, tries = 0, said = 0;
const unsaid = [];
function show(text, kind) {
  const line = document.createElement('div');
  line.textContent = text;  // never innerHTML: it is somebody else's text
  if (kind) line.className = kind;
  const log = by('log');
  log.append(line);
  if (log.childElementCount > 500) log.firstChild.remove();
  log.scrollTop = log.scrollHeight;
}
const send = (message) => socket.send(JSON.stringify(message));
function sayNext() {
  if (joined && unsaid.length) send({do: 'say', room: 'lobby', n: unsaid[0].n, text: unsaid[0].text});
}
const on = {
  welcome: () => send({do: 'join', room: 'lobby', ...seen}),
  joined(m) {
    by('state').textContent = `connected as ${user}`;
    if (!m.recovered) show('some messages are lost: the server no longer has them', 'told');
    seen = {epoch: m.epoch, offset: m.offset};
    tries = 0;
    joined = true;
    sayNext();
  },
  said(m) {
    seen = {epoch: m.epoch, offset: m.offset};
    show(`${m.offset}  ${m.from}: ${m.text}`);
  },
  stored(m) {
    if (unsaid[0]?.n === m.n) unsaid.shift();
    sayNext();
  },
  'not stored': () => setTimeout(sayNext, 500),
  lost(m) {
    seen = {epoch: m.epoch, offset: m.offset};
    show('some messages are lost: the store forgot them', 'told');
  },
  present: (m) => { by('here').textContent = m.users.join(', '); },
};
function connect() {
  socket = new WebSocket(`ws://${location.host}/chat`);
  socket.onopen = () => send({do: 'hello', user, sender});
  socket.onmessage = (event) => {
    const message = JSON.parse(event.data);
    on[message.is]?.(message);
  };
  socket.onclose = (event) => {
    joined = false;
    const wait = Math.random() * Math.min(8000, 200 * 2 ** tries++);
    by('state').textContent = `connection ended (${event.code}), again in ${Math.round(wait)} ms`;
    setTimeout(connect, wait);
  };
}
by('enter').onsubmit = (event) => {
  event.preventDefault();
  user = by('user').value;
  by('enter').hidden = true;
  by('talk').hidden = false;
  by('text').focus();
  connect();
};
by('talk').onsubmit = (event) => {
  event.preventDefault();
  unsaid.push({n: ++said, text: by('text').value});
  by('text').value = '';
  if (unsaid.length === 1) sayNext();
};
</script>
</html>
)html";

inline lab::websocket::Server::Pages page_of(const std::string& server) {
  std::string page(kPage);
  for (std::size_t at = 0; (at = page.find("NAME", at)) != std::string::npos;) {
    page.replace(at, 4, server);
  }
  return [page](const std::string& target) -> lab::websocket::Page {
    if (target != "/") return {};
    return {200, page, "text/html; charset=utf-8"};
  };
}

}  // namespace lab11
