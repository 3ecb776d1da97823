'use strict';
// ivr.js: a phone menu five levels deep. Every menu is one talk that keys interrupt, and one
// input; where the caller stands is in the input's URL, so the application keeps nothing.
//
//   answer_url  http://127.0.0.1:3000/answer

const { serve } = require('./webhooks');

// A menu has keys that lead on; what has none is said, and the call is over.
const menu = {
  text: 'Welcome to the library. Press 1 for books, 2 for opening hours.',
  keys: {
    1: {
      text: 'Books. Press 1 for your loans, 2 for a new loan.',
      keys: {
        1: {
          text: 'Your loans. Press 1 to renew, 2 to hear what is due.',
          keys: {
            1: {
              text: 'Renew. Press 1 for all, 2 for one book.',
              keys: {
                1: { text: 'For how long? Press 1 for a week, 2 for a month.',
                  keys: { 1: { text: 'All your loans are renewed for a week.' }, 2: { text: 'All your loans are renewed for a month.' } } },
                2: { text: 'Bring the book to the desk, please.' },
              },
            },
            2: { text: 'Nothing is due this week.' },
          },
        },
        2: { text: 'Please come by and choose a book.' },
      },
    },
    2: { text: 'We are open from nine to five.' },
  },
};

const most = 3; // times that a menu is said before we give up

function place(path) {
  return [...path].reduce((at, key) => at && at.keys && at.keys[key], menu);
}

function say(base, path, tries, before = '') {
  const at = place(path);
  const text = before + at.text;
  if (!at.keys) return [{ action: 'talk', text: `${text} Goodbye.` }];
  return [
    { action: 'talk', text, bargeIn: true },
    { action: 'input', type: ['dtmf'], dtmf: { maxDigits: 1, timeOut: 4 },
      eventUrl: [`${base}/key?path=${path}&tries=${tries}`] },
  ];
}

async function start() {
  const server = await serve({
    '/answer': () => say(server.url, '', 1),
    // one level up with star; a key that is none, or no key at all: the same again
    '/key': ({ path = '', tries, dtmf }) => {
      const key = dtmf.digits;
      if (key === '*') return say(server.url, path.slice(0, -1), 1);
      if (key && place(path + key)) return say(server.url, path + key, 1);
      if (Number(tries) >= most) return [{ action: 'talk', text: 'Goodbye.' }];
      return say(server.url, path, Number(tries) + 1, key ? 'There is no such choice. ' : '');
    },
    '/event': ({ status, uuid }) => void console.log(`${uuid || ''} ${status || ''}`),
  });
}

start();
