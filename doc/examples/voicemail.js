'use strict';
// voicemail.js: a greeting, a beep, and what the caller says goes to a file, which is fetched
// from the daemon with a token of the SDK's when it is ready. (Its own downloadRecording() takes
// no host but those of its maker's cloud.)
//
//   answer_url  http://127.0.0.1:3000/answer
//   APPLICATION, PRIVATE_KEY: who we are (the key or its file)
//   FOLDER: where messages go; TRANSCRIBE=en-US has them written down, too (needs a recogniser)

const fs = require('node:fs');
const path = require('node:path');
const { serve } = require('./webhooks');

const { APPLICATION: application, PRIVATE_KEY: key, FOLDER: folder = '.', TRANSCRIBE: language } = process.env;
const greeting = 'Nobody is in. Please leave a message after the beep, and press hash when you are done.';

// Resolves with its size.
async function download(url, file) {
  const { tokenGenerate } = await import('@vonage/jwt');
  const token = tokenGenerate(application, fs.existsSync(key) ? fs.readFileSync(key) : key);
  const reply = await fetch(url, { headers: { authorization: `Bearer ${token}` } });
  if (!reply.ok) throw new Error(`${url}: ${reply.status}`);
  const bytes = Buffer.from(await reply.arrayBuffer());
  fs.writeFileSync(file, bytes);
  return bytes.length;
}

async function start() {
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
      const size = await download(fields.recording_url, file);
      console.log(`a message of ${callers.get(fields.conversation_uuid)}: ${file}, ${size} bytes`);
      callers.delete(fields.conversation_uuid);
    },
    '/transcription': (fields) => void console.log(JSON.stringify(fields)),
    '/event': ({ status, uuid, reason }) => void console.log(`${uuid || ''} ${status || reason || ''}`),
  });
}

start();
