'use strict';
// refusals.js: what each operation must refuse, and what the body of a refusal looks like in
// each family of the API.

const crypto = require('node:crypto');
const { need } = require('./modules');
const { operations, paged } = require('./operations');
const { paging } = require('./routes');
const { application, stranger } = require('./world');
const { keyPair } = require('./jwt');

const text = { type: 'string', minLength: 1 };
const object = (properties, optional = {}) => ({
  type: 'object', properties: { ...properties, ...optional }, required: Object.keys(properties), additionalProperties: false });
const parameters = { type: 'array', minItems: 1, items: object({ name: text, reason: text }) };
const instance = { type: 'string', pattern: '^[0-9a-f]{32}$' };
const problem = { type: { type: 'string', format: 'uri' }, title: text, detail: text, instance };

const bodies = {
  beta: object({ code: { type: 'string', pattern: '^[a-z]+:error:[a-z-]+$' }, description: text }, { error: { type: ['object', 'array'] } }),
  v1: object({ ...problem, code: { type: 'string', pattern: '^[a-z]+:error:[a-z-]+$' } }, { invalid_parameters: parameters }),
  voice: { anyOf: [object(problem), object({ type: { const: 400 }, title: text, invalid_parameters: parameters })] },
  application: object(problem, { invalid_parameters: parameters }),
  none: object(problem),
};

let validators;

// What is wrong with the body of a refusal, or nothing.
function malformed(family, body) {
  if (!validators) {
    const Ajv = need('ajv').default;
    const ajv = new Ajv({ strict: false, allErrors: true });
    need('ajv-formats').default(ajv);
    validators = Object.fromEntries(Object.entries(bodies).map(([name, schema]) => [name, ajv.compile(schema)]));
    validators.text = (errors) => ajv.errorsText(errors);
  }
  return validators[family](body) ? '' : validators.text(validators[family].errors);
}

// The parameters that a refusal names.
function named(family, body) {
  if (family === 'beta') return Object.keys(body.error || {});
  return (body.invalid_parameters || []).map((p) => p.name);
}

// A thing of the right kind that is not there.
function ghost(parameter) {
  const id = crypto.randomUUID();
  return { conversation_id: `CON-${id}`, user_id: `USR-${id}`, member_id: `MEM-${id}`, event_id: '987654' }[parameter] || id;
}

const forger = keyPair();

function strangers(world, route, made) {
  if (route.auth === 'none') return [];
  if (route.auth !== 'jwt') {
    return [['no credentials', { headers: {} }, 401],
      ['a wrong secret', { headers: { authorization: `Basic ${Buffer.from('abcd1234:guess').toString('base64')}` } }, 401]];
  }
  const bearer = (token) => ({ headers: { authorization: `Bearer ${token}` } });
  const foreign = bearer(world.token(made.token, stranger.id, stranger.keys));
  return [
    ['no token', { headers: {} }, 401],
    ['a token of another key', bearer(world.token(made.token, application, forger)), 401],
    ['a token of nobody', bearer('nonsense'), 401],
    ...(made.params && Object.keys(made.params).length ? [['a token of another application', foreign, 404]] : []),
  ];
}

function ghosts(made) {
  return Object.keys(made.params || {}).flatMap((name) => [ghost(name), 'nonsense'].map(
    (id) => [`${name} ${id}`, { params: { ...made.params, [name]: id } }, 404]));
}

function syntax(route, made) {
  if (!made.body) return [];
  const deep = `{"name":${'['.repeat(5000)}${']'.repeat(5000)}}`;
  return [
    ['broken JSON', { raw: `${JSON.stringify(made.body).slice(0, -1)},` }, 400],
    ['an array', { raw: '[]' }, 400],
    ['a number', { raw: '7' }, 400],
    ['an ocean of brackets', { raw: deep }, 400],
    ['more than 1 MiB', { raw: JSON.stringify({ ...made.body, name: 'x'.repeat(1 << 20) }), alone: true }, 413],
    ['text/plain', { type: 'text/plain' }, 415],
    ...(['beta', 'v1'].includes(route.family) ? [['an unknown member', { body: { ...made.body, surprise: 1 } }, 400, 'surprise']] : []),
  ];
}

function schema(route, made) {
  const { wrong = [], queries = [] } = operations[route.key];
  const changed = (change) => (made.form ? { form: { ...made.form, ...change } } : { body: { ...made.body, ...change } });
  const lists = [...(paged[paging(route)] || []), ...queries];
  return [
    ...(typeof wrong === 'function' ? wrong(route) : wrong).map(([change, field]) => [
      `${field} as ${JSON.stringify(Object.values(change)[0]) || 'nothing'}`.slice(0, 60), changed(change), 400, field]),
    ...lists.map(([name, value]) => [`?${name}=${value}`, { query: { ...made.query, [name]: value } }, 400, name]),
  ];
}

// All that an operation must refuse: [what, how the request differs, status, field].
const refusals = (world, route, made) => [
  ...strangers(world, route, made), ...syntax(route, made), ...schema(route, made), ...ghosts(made)];

module.exports = { malformed, named, refusals };
