'use strict';
// forwarding.js: a call goes to the first of three phones that takes it. Each connect is
// synchronous: when its phone is busy, does not answer or cannot be reached, the answer to that
// event is the next connect.
//
//   answer_url  http://127.0.0.1:3000/answer
//   PHONES: numbers, in the order of trial; FROM: a number of the application; RING: seconds

const { serve } = require('./webhooks');

const failed = ['busy', 'cancelled', 'failed', 'rejected', 'timeout', 'unanswered'];

const { FROM: from, RING: ring = '15' } = process.env;
const phones = (process.env.PHONES || '').split(',');

async function start() {
  const connect = (index) => [{
    action: 'connect', from, timeout: Number(ring), eventType: 'synchronous',
    eventUrl: [`${server.url}/tried?index=${index}`],
    endpoint: [{ type: 'phone', number: phones[index] }],
  }];
  const server = await serve({
    '/answer': () => connect(0),
    '/tried': ({ index, status }) => {
      if (!failed.includes(status)) return undefined;
      console.log(`${phones[index]}: ${status}`);
      if (Number(index) + 1 < phones.length) return connect(Number(index) + 1);
      return [{ action: 'talk', text: 'Nobody can take your call at the moment. Goodbye.' }];
    },
    '/event': ({ status, uuid }) => void console.log(`${uuid || ''} ${status || ''}`),
  });
}

start();
