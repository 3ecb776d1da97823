'use strict';
// survey.js: who rings is called back, and asked three questions. The call back is made with
// the SDK; it brings its NCCO along, and every answer brings the next question.
//
//   answer_url  http://127.0.0.1:3000/answer
//   API_HOST, APPLICATION, PRIVATE_KEY: where the daemon is, and who we are; FROM: our number

const { serve } = require('./webhooks');

const questions = [
  { text: 'How well did we help you? Press a key from 1 to 5.', valid: /^[1-5]$/ },
  { text: 'How often did you have to call? Press the number, and then hash.', valid: /^\d{1,2}$/, hash: true },
  { text: 'May we call you again? Press 1 for yes, 2 for no.', valid: /^[12]$/ },
];

const { API_HOST: apiHost, APPLICATION: applicationId, PRIVATE_KEY: privateKey, FROM: from } = process.env;

async function start() {
  const { Vonage } = await import('@vonage/server-sdk');
  const { voice } = new Vonage({ applicationId, privateKey }, { apiHost });
  const wanted = new Map(); // the caller's leg: its number
  const answers = new Map(); // the number: what was answered
  const ask = (index, number, before = '') => [
    { action: 'talk', text: before + questions[index].text, bargeIn: true },
    { action: 'input', type: ['dtmf'],
      dtmf: { maxDigits: questions[index].hash ? 3 : 1, timeOut: 5, submitOnHash: Boolean(questions[index].hash) },
      eventUrl: [`${server.url}/answered?index=${index}&number=${number}`] },
  ];
  const server = await serve({
    '/answer': ({ from: number, uuid }) => {
      wanted.set(uuid, number);
      return [{ action: 'talk', text: 'Thank you for calling. We call you back at once.' }];
    },
    // the first call is over: now the other way round
    '/event': async ({ status, uuid }) => {
      const number = wanted.get(uuid);
      if (status !== 'completed' || !number) return;
      wanted.delete(uuid);
      answers.set(number, []);
      await voice.createOutboundCall({
        to: [{ type: 'phone', number }], from: { type: 'phone', number: from },
        ncco: ask(0, number, 'Hello. We have three questions. '),
      });
    },
    '/answered': ({ index, number, dtmf }) => {
      const at = Number(index);
      if (!questions[at].valid.test(dtmf.digits || '')) return ask(at, number, 'Please try again. ');
      answers.get(number).push(dtmf.digits);
      if (at + 1 < questions.length) return ask(at + 1, number);
      console.log(`${number} answered ${answers.get(number).join(', ')}`);
      return [{ action: 'talk', text: 'Thank you very much. Goodbye.' }];
    },
  });
}

start();
