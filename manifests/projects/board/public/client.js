const messages = await (await fetch('/messages')).json();
document.getElementById('board').textContent = messages.map(({ author, text }) => `${author}: ${text}`).join('\n');
