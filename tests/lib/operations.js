'use strict';
// operations.js: for each operation what it is called with. A row: make(world, route) makes
// what it acts on and gives { params, query, body, headers, token }; wrong is a list of [changes
// of the body, the field that must be named]; queries a list of [parameter, bad value];
// also is a list of makers of more good input, which is answered with the same status.
// Rows are keyed by method and path without the version; old says whether it is a beta one.

const { callee, number } = require('./world');

const old = ({ family }) => family === 'beta';
const long = (length) => 'x'.repeat(length);
const app = { type: 'app' };

// What is wrong for every list of a kind, added to a row's own queries.
const paged = {
  record_index: [['page_size', '0'], ['page_size', '101'], ['page_size', 'many'], ['order', 'sideways'], ['record_index', '-1'], ['record_index', 'x']],
  cursor: [['page_size', '0'], ['page_size', '101'], ['page_size', '1.5'], ['order', 'sideways'], ['cursor', 'nonsense!']],
  page: [['page_size', '0'], ['page_size', 'x'], ['page', '0'], ['page', 'x']],
};
const dates = [['date_start', 'yesterday'], ['date_end', '2024-13-45']];

// Makers of what a path names.
const conversation = async (world) => ({ params: { conversation_id: (await world.conversation()).id } });
const user = async (world) => ({ params: { user_id: (await world.user()).id } });
const member = (state) => async (world) => {
  const made = await world.member(state);
  return { made, params: { conversation_id: made.conversation.id, member_id: made.member.id } };
};
const event = async (world) => {
  const made = await world.event();
  return { made, params: { conversation_id: made.conversation.id, event_id: String(made.event.id) } };
};
const leg = async (world) => ({ params: { leg_id: (await world.steady('phone')).leg } });
const fresh = async (world) => ({ params: { leg_id: (await world.phone()).leg } });
const spoken = async (world) => ({ params: { conversation_id: (await world.steady('phone')).conversation.id } });
const speaker = async (world) => {
  const { conversation: { id }, member } = await world.steady('phone');
  return { params: { conversation_id: id, member_id: member.id } };
};
const call = async (world) => ({ params: { uuid: (await world.steady('call')).uuid } });
const dead = async (world) => ({ params: { id: String((await world.dead()).id) } });
const application = async (world) => ({ params: { id: (await world.application()).id } });

// A maker with a query or a body, or headers, beside it.
const and = (make, more) => async (world, route) => ({
  ...(make ? await make(world, route) : {}),
  ...(typeof more === 'function' ? await more(world, route) : more),
});
// A maker of something that goes on already, so that it can be stopped.
const begun = (make, start) => async (world, route) => {
  const made = await make(world, route);
  await start(world, Object.values(made.params)[0], made);
  return made;
};

const query = { query: { page_size: 5, order: 'desc' } };
const conversationBody = (world) => ({ body: { name: world.name('named'), display_name: 'Named',
  image_url: 'https://example.com/i.png', properties: { ttl: 600, custom_data: { a: 1 } } } });
const conversationFaults = [
  [{ name: 7 }, 'name'], [{ name: long(101) }, 'name'], [{ display_name: '' }, 'display_name'], [{ display_name: long(51) }, 'display_name'],
  [{ image_url: 'nonsense' }, 'image_url'], [{ properties: 7 }, 'properties'], [{ properties: { ttl: 'long' } }, 'properties.ttl'],
  [{ properties: { ttl: -1 } }, 'properties.ttl'], [{ callback: 'x' }, 'callback']];
const userBody = (world) => ({ body: { name: world.name('someone'), display_name: 'Some One', image_url: 'https://example.com/u.png' } });
const userFaults = [[{ name: 7 }, 'name'], [{ display_name: long(71) }, 'display_name'], [{ image_url: 'nonsense' }, 'image_url'],
  [{ properties: 7 }, 'properties'], [{ channels: 7 }, 'channels']];
const actions = [[{ action: 'dance' }, 'action'], [{ action: undefined }, 'action'], [{ action: 7 }, 'action']];

const sound = (world) => ({ body: { stream_url: [world.sound], level: 0.5, loop: 1 } });
const soundFaults = [[{ stream_url: 7 }, 'stream_url'], [{ stream_url: undefined }, 'stream_url'], [{ level: 2 }, 'level'], [{ loop: -1 }, 'loop']];
const speech = { body: { text: 'hello', language: 'en-US', style: 0, level: 0, loop: 1 } };
const speechFaults = [[{ text: 7 }, 'text'], [{ text: undefined }, 'text'], [{ level: 2 }, 'level'], [{ loop: -1 }, 'loop']];
const digits = [[{ digits: 'x y' }, 'digits'], [{ digits: 7 }, 'digits'], [{ digits: undefined }, 'digits']];
const recording = (world) => ({ body: { format: 'wav', split: false, destination_url: [world.stage.app.url('record')] } });
const recordingFaults = [[{ format: 'flac' }, 'format'], [{ split: 'yes' }, 'split'], [{ validity_time: 0 }, 'validity_time']];
const record = (world) => ({ body: { action: 'start', event_url: [world.stage.app.url('record')], format: 'wav' } });

const memberBody = (world, route, name) => (old(route)
  ? { action: 'join', user_name: name, channel: app } : { state: 'joined', user: { name }, channel: app });
const phoneBody = (route, name) => {
  const channel = { type: 'phone', from: { type: 'phone', number }, to: { type: 'phone', number: callee }, ring_timeout: 30000 };
  return old(route) ? { action: 'invite', user_name: name, channel } : { state: 'invited', user: { name }, channel };
};
const memberFaults = (route) => (old(route)
  ? [...actions, [{ user_id: 7 }, 'user_id'], [{ channel: 7 }, 'channel'], [{ channel: { type: 'pigeon' } }, 'channel.type']]
  : [[{ state: 'asleep' }, 'state'], [{ state: undefined }, 'state'], [{ user: undefined }, 'user'], [{ user: 7 }, 'user'],
    [{ channel: 7 }, 'channel'], [{ channel: { type: 'pigeon' } }, 'channel.type'], [{ media: 7 }, 'media']]);

const onLeg = (path, body) => (world, id) => world.must('POST', `/v1/legs/${id}/${path}`, body(world));
const onCall = (path, body) => (world, id) => world.must('PUT', `/v1/calls/${id}/${path}`, body(world));
const inRoom = (path, body) => (world, id) => world.must('PUT', `/v1/conversations/${id}/${path}`, body(world));
const looped = (world) => ({ stream_url: [world.sound], loop: 0 });
const talked = () => ({ text: 'hello', loop: 0 });

const conversations = {
  'GET /conversations': { make: and(null, query), queries: dates },
  'POST /conversations': { make: and(null, conversationBody), wrong: conversationFaults },
  'GET /conversations/{conversation_id}': { make: conversation, also: [spoken] },
  'PUT /conversations/{conversation_id}': { make: and(conversation, conversationBody), wrong: conversationFaults },
  'DELETE /conversations/{conversation_id}': { make: conversation },
  'GET /users': { make: and(user, { ...query, params: {} }) },
  'POST /users': { make: and(null, userBody), wrong: userFaults },
  'GET /users/{user_id}': { make: user },
  'PUT /users/{user_id}': { make: and(user, userBody), wrong: userFaults },
  'PATCH /users/{user_id}': { make: and(user, userBody), wrong: userFaults },
  'DELETE /users/{user_id}': { make: user },
  'GET /users/{user_id}/conversations': {
    make: async (world) => ({ params: { user_id: (await world.member()).user.id }, query: { state: 'JOINED' } }), queries: [['state', 'ASLEEP']],
    also: [async (world) => ({ params: { user_id: (await world.steady('phone')).user.id } })] },
  'GET /users/{user_id}/sessions': { make: user },
};

const members = {
  'GET /conversations/{conversation_id}/members': { make: async (world) => ({ params: { conversation_id: (await world.member()).conversation.id } }), also: [spoken] },
  'POST /conversations/{conversation_id}/members': {
    make: and(conversation, async (world, route) => ({ body: memberBody(world, route, (await world.user()).name) })), wrong: memberFaults,
    also: [and(conversation, async (world, route) => ({ body: phoneBody(route, (await world.user()).name) }))] },
  'GET /conversations/{conversation_id}/members/me': { make: async (world) => {
    const { user: { name }, conversation: { id } } = await world.member();
    return { params: { conversation_id: id }, token: { sub: name, acl: { paths: { '/**': {} } } } };
  } },
  'GET /conversations/{conversation_id}/members/{member_id}': { make: member(), also: [speaker, member('invited')] },
  'PUT /conversations/{conversation_id}/members/{member_id}': {
    make: and(member('invited'), { body: { action: 'join', channel: app } }), wrong: [[{ action: 'dance' }, 'action'], [{ channel: 7 }, 'channel']] },
  'PATCH /conversations/{conversation_id}/members/{member_id}': {
    make: and(member(), { body: { state: 'left', reason: { code: 'done', text: 'enough' } } }),
    wrong: [[{ state: 'asleep' }, 'state'], [{ state: undefined }, 'state'], [{ reason: 7 }, 'reason']] },
  'DELETE /conversations/{conversation_id}/members/{member_id}': { make: and(member(), { query: { reason_code: 'done', reason_text: 'enough' } }) },
};

// What may be posted besides a text, by members who can do so.
const typed = [['message', { message_type: 'text', text: 'hello' }], ['image', { representations: { original: { url: 'https://example.com/i.png' } } }],
  ['custom:order', { sku: 'x', deep: { list: [1, null, 'two'] } }], ['text:typing:on', {}], ['text:typing:off', {}], ['ephemeral', { any: 1 }]];
const acts = [['audio:mute:on'], ['audio:mute:off'], ['audio:earmuff:on'], ['audio:earmuff:off'],
  ['audio:play', (world) => ({ stream_url: [world.sound], loop: 1 })], ['audio:say', () => ({ text: 'hello' })],
  ['audio:dtmf', () => ({ digits: '12' })], ['audio:ringing:start', () => ({})], ['audio:ringing:stop', () => ({})]];
const posts = [
  ...typed.map(([type, body]) => async (world) => {
    const { conversation: { id }, member: { id: from } } = await world.steady('member');
    return { params: { conversation_id: id }, body: { type, from, body } };
  }),
  ...acts.map(([type, body]) => async (world) => {
    const { params: { conversation_id: id, member_id: from } } = await speaker(world);
    return { params: { conversation_id: id }, body: { type, from, to: from, body: body && body(world) } };
  }),
];

const events = {
  'GET /conversations/{conversation_id}/events': {
    make: async (world) => ({ params: { conversation_id: (await world.event()).conversation.id }, query: { start_id: 1, end_id: 9 } }),
    queries: [['start_id', 'x'], ['end_id', '-1']], also: [spoken] },
  'POST /conversations/{conversation_id}/events': {
    make: async (world) => {
      const { conversation: { id }, member: { id: from } } = await world.member();
      return { params: { conversation_id: id }, body: { type: 'text', from, body: { text: 'hello' } } };
    },
    wrong: [[{ type: 7 }, 'type'], [{ type: undefined }, 'type'], [{ from: 7 }, 'from'], [{ body: 7 }, 'body']],
    also: posts },
  'GET /conversations/{conversation_id}/events/{event_id}': { make: event },
  'DELETE /conversations/{conversation_id}/events/{event_id}': { make: event },
  'GET /events': { make: and(null, { query: { page_size: 5 } }), queries: [['page_size', '0'], ['page_size', '1001'], ['after', 'nonsense!']] },
};

const legs = {
  'GET /legs': { make: and(leg, { ...query, params: {} }), queries: [...dates, ['status', 'asleep']] },
  'POST /legs': { make: and(null, { body: { type: 'phone', to: { type: 'phone', number: callee }, from: { type: 'phone', number } } }),
    wrong: [[{ to: 7 }, 'to'], [{ type: 7 }, 'type']] },
  'GET /legs/{leg_id}': { make: leg },
  'PUT /legs/{leg_id}': { make: and(leg, { body: { action: 'mute' } }), wrong: actions },
  'DELETE /legs/{leg_id}': { make: fresh },
  ...both('/legs/{leg_id}/recording', { make: and(leg, recording), wrong: recordingFaults }),
  'DELETE /legs/{leg_id}/recording': { make: begun(fresh, onLeg('recording', (world) => recording(world).body)) },
  ...both('/legs/{leg_id}/stream', { make: and(leg, sound), wrong: [...soundFaults, [{ loop: 11 }, 'loop']] }),
  'DELETE /legs/{leg_id}/stream': { make: begun(leg, onLeg('stream', looped)) },
  ...both('/legs/{leg_id}/talk', { make: and(leg, speech), wrong: [...speechFaults, [{ text: long(1501) }, 'text'], [{ style: 1001 }, 'style']] }),
  'DELETE /legs/{leg_id}/talk': { make: begun(leg, onLeg('talk', talked)) },
  ...both('/legs/{leg_id}/dtmf', { make: and(leg, { body: { method: 'out', digits: '1' } }), wrong: [...digits, [{ method: 'up' }, 'method']] }),
};

const media = {
  'PUT /conversations/{conversation_id}/record': { make: and(spoken, record),
    wrong: [...actions, [{ event_url: 7 }, 'event_url'], [{ format: 'flac' }, 'format']] },
  'PUT /conversations/{conversation_id}/talk': { make: and(spoken, speech), wrong: speechFaults },
  'DELETE /conversations/{conversation_id}/talk': { make: begun(spoken, inRoom('talk', talked)) },
  'PUT /conversations/{conversation_id}/stream': { make: and(spoken, sound), wrong: soundFaults },
  'DELETE /conversations/{conversation_id}/stream': { make: begun(spoken, inRoom('stream', looped)) },
  'GET /files/{file_id}': { make: async (world) => ({ params: { file_id: await world.steady('file') } }) },
  'POST /knocking': { make: and(null, { body: { channel: { ...app, id: 'k', from: { type: 'app', user: 'k' }, to: { type: 'phone', number } } } }),
    wrong: [[{ channel: 7 }, 'channel'], [{ channel: undefined }, 'channel'], [{ channel: { type: 'pigeon' } }, 'channel.type']] },
  'DELETE /knocking/{knocking_id}': { make: async (world) => {
    const { id } = await world.must('POST', '/v1/knocking', { channel: { ...app, from: { type: 'app', user: 'k' }, to: { type: 'phone', number } } });
    return { params: { knocking_id: id } };
  } },
};

const calls = {
  'GET /calls': { make: and(call, { query: { page_size: 5, status: 'answered' }, params: {} }), queries: [...dates, ['status', 'asleep']] },
  'POST /calls': { make: and(null, (world) => ({ body: { to: [{ type: 'phone', number: callee }], from: { type: 'phone', number },
    ncco: [{ action: 'conversation', name: world.name('made') }] } })),
  wrong: [[{ to: undefined }, 'to'], [{ to: [] }, 'to'], [{ to: [{ type: 'pigeon' }] }, 'to'], [{ ncco: undefined }, 'ncco'],
    [{ ncco: [{ action: 'dance' }] }, 'ncco'], [{ length_timer: 0 }, 'length_timer'], [{ ringing_timer: 'x' }, 'ringing_timer']] },
  'GET /calls/{uuid}': { make: call },
  'GET /calls/{uuid}/quality': { make: call },
  'PUT /calls/{uuid}': { make: and(call, { body: { action: 'earmuff' } }), wrong: actions },
  'PUT /calls/{uuid}/stream': { make: and(call, sound), wrong: [...soundFaults, [{ stream_url: ['nonsense'] }, 'stream_url']] },
  'DELETE /calls/{uuid}/stream': { make: begun(call, onCall('stream', looped)) },
  'PUT /calls/{uuid}/talk': { make: and(call, speech), wrong: [...speechFaults, [{ text: long(1501) }, 'text']] },
  'DELETE /calls/{uuid}/talk': { make: begun(call, onCall('talk', talked)) },
  'PUT /calls/{uuid}/dtmf': { make: and(call, { body: { digits: '12' } }), wrong: digits },
  'PUT /calls/{uuid}/input/dtmf': { make: and(call, (world) => ({ body: { event_url: [world.stage.app.url('event')] } })), wrong: [[{ event_url: 7 }, 'event_url']] },
  'DELETE /calls/{uuid}/input/dtmf': { make: begun(call, onCall('input/dtmf', (world) => ({ event_url: [world.stage.app.url('event')] }))) },
};

const webhooks = {
  'GET /webhooks/dead': { make: and(dead, (world) => ({ query: { page_size: 5, order: 'desc', url: world.nowhere, after: '2020-01-01' }, params: {} })),
    queries: [['after', 'yesterday'], ['lane', ''], ['url', '']] },
  'GET /webhooks/dead/{id}': { make: dead },
  'POST /webhooks/dead/{id}/replay': { make: dead },
  'DELETE /webhooks/dead/{id}': { make: dead },
  'POST /webhooks/give-up': { make: and(null, (world) => ({ body: { lane: world.name('lane'), url: world.nowhere } })),
    wrong: [[{ lane: 7 }, 'lane'], [{ lane: '' }, 'lane'], [{ url: 'nonsense' }, 'url']] },
};

const voice = (world) => ({ voice: { webhooks: { answer_url: { address: world.stage.app.url('answer'), http_method: 'GET' } } } });
const applicationBody = (world) => ({ body: { name: world.name('named'), capabilities: voice(world) } });
const applicationFaults = [[{ name: 7 }, 'name'], [{ name: undefined }, 'name'], [{ capabilities: 7 }, 'capabilities'], [{ keys: { public_key: 'none' } }, 'keys.public_key']];
const applications = {
  'GET /applications': { make: and(application, { query: { page_size: 2, page: 1 }, params: {} }) },
  'POST /applications': { make: and(null, applicationBody), wrong: applicationFaults },
  'GET /applications/{id}': { make: application },
  'PUT /applications/{id}': { make: and(application, applicationBody), wrong: applicationFaults },
  'DELETE /applications/{id}': { make: application },
  'POST /number/update': {
    make: async (world) => ({
      form: { country: 'US', msisdn: `1555${world.name('').replace('-', '').padStart(7, '0')}`, app_id: (await world.application()).id } }),
    wrong: [[{ msisdn: 'x' }, 'msisdn'], [{ msisdn: '' }, 'msisdn'], [{ country: 'Germany' }, 'country'],
      [{ app_id: '00000000-0000-4000-8000-000000000000' }, 'app_id']] },
  'GET /account/numbers': { make: and(null, { query: { size: 5, index: 1 } }), queries: [['size', '0'], ['index', 'x']] },
};

const trunk = async () => ({ params: { name: 'carrier' } });
const trunks = {
  'GET /registrations': { make: async () => ({}) },
  'GET /trunks': { make: async () => ({}) },
  'GET /trunks/{name}': { make: trunk },
  'POST /trunks/{name}/check': { make: trunk },
};

const service = Object.fromEntries(['/healthz', '/readyz', '/metrics', '/openapi.json'].map((at) => [`GET ${at}`, { make: async () => ({}) }]));

function both(at, row) {
  return { [`PUT ${at}`]: row, [`POST ${at}`]: row };
}

const operations = { ...conversations, ...members, ...events, ...legs, ...media, ...calls, ...applications, ...webhooks, ...trunks, ...service };

module.exports = { operations, paged };
