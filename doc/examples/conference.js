'use strict';
// conference.js: a moderated conference. Who rings gives a code; with the one of the host the
// conference begins, the others wait with music until then, and all go when the host goes.
//
//   answer_url  http://127.0.0.1:3000/answer
//   GUEST_CODE, HOST_CODE (1111, 9999); MUSIC: URL of what is heard while waiting

const { serve } = require('./webhooks');

const { GUEST_CODE: guest = '1111', HOST_CODE: host = '9999', MUSIC: music } = process.env;

async function start() {
  const room = (isHost) => ({
    action: 'conversation', name: 'conference', startOnEnter: isHost, endOnExit: isHost,
    ...(music && !isHost ? { musicOnHoldUrl: [music] } : {}),
  });
  const ask = (text, tries) => [
    { action: 'talk', text, bargeIn: true },
    { action: 'input', type: ['dtmf'], dtmf: { maxDigits: 8, timeOut: 5, submitOnHash: true },
      eventUrl: [`${server.url}/code?tries=${tries}`] },
  ];
  const server = await serve({
    '/answer': () => ask('Please enter your code, and then hash.', 1),
    '/code': ({ dtmf, tries }) => {
      if (dtmf.digits === host) return [{ action: 'talk', text: 'You are the host.' }, room(true)];
      if (dtmf.digits === guest) return [{ action: 'talk', text: 'Welcome.' }, room(false)];
      if (Number(tries) < 3) return ask('That code is not known. Please try again.', Number(tries) + 1);
      return [{ action: 'talk', text: 'Goodbye.' }];
    },
    '/event': ({ status, uuid }) => void console.log(`${uuid || ''} ${status || ''}`),
  });
}

start();
