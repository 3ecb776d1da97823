'use strict';
// voicemail.js: a greeting, a beep, and what the caller says goes to a file, which is fetched
// from the daemon with the SDK when it is ready.
//
//   answer_url  http://127.0.0.1:3000/answer
//   API_HOST, APPLICATION, PRIVATE_KEY: where the daemon is, and who we are
//   FOLDER: where messages go; TRANSCRIBE=en-US has them written down, too (needs a recogniser)

const fs = require('node:fs');
const path = require('node:path');
const { Vonage } = require('@vonage/server-sdk');
const { serve } = require('./webhooks');

const { API_HOST: apiHost, APPLICATION: applicationId, PRIVATE_KEY: privateKey, FOLDER: folder = '.', TRANSCRIBE: language } = process.env;
const greeting = 'Nobody is in. Please leave a message after the beep, and press hash when you are done.';

async function start() {
  const { voice } = new Vonage({ applicationId, privateKey }, { apiHost });
  const callers = new Map(); // conversation: who it is

  const server = await serve({
    '/answer': ({ from, conversation_uuid: conversation }) => {
      callers.set(conversation, from);
      return [
        { action: 'talk', text: greeting },
        { action: 'record', format: 'wav', beepStart: true, endOnKey: '#', endOnSilence: 3, timeOut: 120,
          eventUrl: [`${server.url}/recording`],
          ...(language ? { transcription: { language, eventUrl: [`${server.url}/transcription`] } } : {}) },
        { action: 'talk', text: 'Thank you. Goodbye.' },
      ];
    },
    '/recording': async (fields) => {
      const file = path.join(folder, `${fields.recording_uuid}.wav`);
      await voice.downloadRecording(fields.recording_url, file);
      console.log(`a message of ${callers.get(fields.conversation_uuid)}: ${file}, ${fs.statSync(file).size} bytes`);
      callers.delete(fields.conversation_uuid);
    },
    '/transcription': (fields) => void console.log(JSON.stringify(fields)),
    '/event': ({ status, uuid, reason }) => void console.log(`${uuid || ''} ${status || reason || ''}`),
  });
}

start();
